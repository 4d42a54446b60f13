CREATE TABLE "contact_messages" (
	"workspace" text NOT NULL,
	"contact_id" text NOT NULL,
	"direction" text NOT NULL,
	"message_id" text NOT NULL,
	"channel" text NOT NULL,
	"purpose" text,
	"subject" text,
	"at" timestamp with time zone NOT NULL,
	"cancelled" integer,
	CONSTRAINT "contact_messages_workspace_contact_id_direction_message_id_pk" PRIMARY KEY("workspace","contact_id","direction","message_id")
);
--> statement-breakpoint
CREATE TABLE "contact_opt_outs" (
	"workspace" text NOT NULL,
	"contact_id" text NOT NULL,
	"channel" text,
	"purpose" text,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"taken_back_at" timestamp with time zone,
	"taken_back_by" text
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"workspace" text NOT NULL,
	"contact_id" text NOT NULL,
	"name" text,
	"email" text,
	"phone" text,
	"telegram" text,
	"timezone" text,
	"language" text,
	"marketing" boolean,
	"withheld" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "contacts_workspace_contact_id_pk" PRIMARY KEY("workspace","contact_id")
);
--> statement-breakpoint
CREATE TABLE "scheduled_actions" (
	"workspace" text NOT NULL,
	"id" text NOT NULL,
	"prospect_id" text NOT NULL,
	"action_type" text NOT NULL,
	"scheduled_for" timestamp with time zone NOT NULL,
	"next_at" timestamp with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"processing_since" timestamp with time zone,
	"executed_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"ended_by" text,
	"reason" text,
	"message" jsonb,
	"woken_at" timestamp with time zone,
	CONSTRAINT "scheduled_actions_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "send_decisions" (
	"workspace" text NOT NULL,
	"contact_id" text NOT NULL,
	"message_id" text NOT NULL,
	"decision" text NOT NULL,
	"at" timestamp with time zone,
	"channel" text,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"decided_at" timestamp with time zone NOT NULL,
	CONSTRAINT "send_decisions_workspace_contact_id_message_id_pk" PRIMARY KEY("workspace","contact_id","message_id")
);
--> statement-breakpoint
CREATE TABLE "effects" (
	"workspace" text NOT NULL,
	"effect_id" text NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"channel" text NOT NULL,
	"contact_id" text,
	"purpose" text,
	"subject" text,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"repeatable" boolean DEFAULT false NOT NULL,
	"may_be_done" boolean DEFAULT false NOT NULL,
	"cancel_reason" text,
	"cancelled_by" text,
	"planned_at" timestamp with time zone NOT NULL,
	"attempted_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"result" jsonb,
	"error" text,
	"resolved_by" text,
	"note" text,
	CONSTRAINT "effects_workspace_effect_id_pk" PRIMARY KEY("workspace","effect_id")
);
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "contact_id" text;--> statement-breakpoint
CREATE INDEX "contact_messages_newest" ON "contact_messages" USING btree ("workspace","contact_id","at","message_id");--> statement-breakpoint
CREATE UNIQUE INDEX "contact_opt_outs_in_force" ON "contact_opt_outs" USING btree ("workspace","contact_id",coalesce(channel, ''),coalesce(purpose, '')) WHERE "contact_opt_outs"."taken_back_at" is null;--> statement-breakpoint
CREATE INDEX "contact_opt_outs_of_contact" ON "contact_opt_outs" USING btree ("workspace","contact_id","at");--> statement-breakpoint
CREATE INDEX "scheduled_actions_newest" ON "scheduled_actions" USING btree ("workspace","created_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_of_contact" ON "scheduled_actions" USING btree ("workspace","prospect_id","created_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_in_state" ON "scheduled_actions" USING btree ("workspace","status","created_at","id");--> statement-breakpoint
CREATE INDEX "scheduled_actions_to_come" ON "scheduled_actions" USING btree ("workspace","prospect_id","next_at","id") WHERE status in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "scheduled_actions_due" ON "scheduled_actions" USING btree ("next_at") WHERE status in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "scheduled_actions_processing" ON "scheduled_actions" USING btree ("workspace","processing_since") WHERE status = 'processing';--> statement-breakpoint
CREATE INDEX "send_decisions_newest" ON "send_decisions" USING btree ("workspace","decided_at");--> statement-breakpoint
CREATE UNIQUE INDEX "effects_key" ON "effects" USING btree ("workspace","key");--> statement-breakpoint
CREATE INDEX "effects_newest" ON "effects" USING btree ("workspace","planned_at","effect_id");--> statement-breakpoint
CREATE INDEX "effects_in_state" ON "effects" USING btree ("workspace","state","planned_at","effect_id");--> statement-breakpoint
CREATE INDEX "effects_of_contact" ON "effects" USING btree ("workspace","contact_id","attempted_at");--> statement-breakpoint
CREATE INDEX "effects_to_call_off" ON "effects" USING btree ("workspace","contact_id") WHERE state in ('planned', 'attempting');--> statement-breakpoint
CREATE INDEX "effects_leases" ON "effects" USING btree ("lease_until") WHERE state = 'attempting';