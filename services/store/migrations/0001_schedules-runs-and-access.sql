CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outages" (
	"since" timestamp with time zone PRIMARY KEY NOT NULL,
	"until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"workspace" text NOT NULL,
	"ledger_id" text NOT NULL,
	"schedule_id" text NOT NULL,
	"schedule" text GENERATED ALWAYS AS (case when starts_with(schedule_id, workspace || '/') then substr(schedule_id, length(workspace) + 2) else schedule_id end) STORED,
	"schedule_version" integer,
	"planned_at" timestamp with time zone NOT NULL,
	"ordinal" integer NOT NULL,
	"planned_local" text NOT NULL,
	"note" text,
	"cause" text NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"workflow_id" text,
	"run_id" text,
	"summary" text,
	"tokens_used" integer,
	"error" text,
	CONSTRAINT "runs_workspace_ledger_id_pk" PRIMARY KEY("workspace","ledger_id")
);
--> statement-breakpoint
CREATE TABLE "schedule_pauses" (
	"workspace" text NOT NULL,
	"name" text NOT NULL,
	"pause_id" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone,
	"paused_by" text NOT NULL,
	"paused_reason" text NOT NULL,
	"resumed_by" text,
	"resumed_reason" text,
	CONSTRAINT "schedule_pauses_workspace_name_since_pause_id_pk" PRIMARY KEY("workspace","name","since","pause_id")
);
--> statement-breakpoint
CREATE TABLE "schedule_versions" (
	"workspace" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"workflow_type" text NOT NULL,
	"cron" text,
	"every_ms" bigint,
	"anchor" timestamp with time zone,
	"timezone" text NOT NULL,
	"description" text,
	"input" jsonb NOT NULL,
	"policies" jsonb NOT NULL,
	"made_by" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone,
	CONSTRAINT "schedule_versions_workspace_name_version_pk" PRIMARY KEY("workspace","name","version")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"workspace" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"workflow_type" text NOT NULL,
	"cron" text,
	"every_ms" bigint,
	"anchor" timestamp with time zone,
	"timezone" text NOT NULL,
	"description" text,
	"input" jsonb NOT NULL,
	"policies" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"pause_id" text,
	"paused_by" text,
	"paused_reason" text,
	"paused_at" timestamp with time zone,
	"skips" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"failure_streak" integer DEFAULT 0 NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"applied_revision" integer DEFAULT 0 NOT NULL,
	"settled_until" timestamp with time zone NOT NULL,
	CONSTRAINT "schedules_workspace_name_pk" PRIMARY KEY("workspace","name")
);
--> statement-breakpoint
CREATE TABLE "temporal_contact" (
	"server" text PRIMARY KEY NOT NULL,
	"reached_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_sequences" (
	"workspace" text PRIMARY KEY NOT NULL,
	"last" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"workspace" text NOT NULL,
	"seq" bigint NOT NULL,
	"type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"data" jsonb NOT NULL,
	"key" text,
	CONSTRAINT "events_workspace_seq_pk" PRIMARY KEY("workspace","seq")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"workspace" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"begun_at" timestamp with time zone NOT NULL,
	"status" integer,
	"body" text,
	CONSTRAINT "idempotency_keys_workspace_key_pk" PRIMARY KEY("workspace","key")
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"token_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"workspace" text,
	"scopes" jsonb NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE UNIQUE INDEX "runs_fire" ON "runs" USING btree ("workspace","schedule_id","planned_at","ordinal") WHERE cause <> 'trigger';--> statement-breakpoint
CREATE UNIQUE INDEX "runs_run" ON "runs" USING btree ("workspace","run_id") WHERE "runs"."run_id" is not null;--> statement-breakpoint
CREATE INDEX "runs_triggered" ON "runs" USING btree ("workspace","workflow_id") WHERE cause = 'trigger';--> statement-breakpoint
CREATE INDEX "runs_newest" ON "runs" USING btree ("workspace","planned_at","ledger_id");--> statement-breakpoint
CREATE INDEX "runs_of_schedule" ON "runs" USING btree ("workspace","schedule","planned_at","ledger_id");--> statement-breakpoint
CREATE INDEX "runs_in_state" ON "runs" USING btree ("workspace","state","planned_at","ledger_id");--> statement-breakpoint
CREATE INDEX "runs_of_cause" ON "runs" USING btree ("workspace","cause","planned_at","ledger_id");--> statement-breakpoint
CREATE INDEX "runs_last" ON "runs" USING btree ("workspace","schedule_id",coalesce(started_at, finished_at));--> statement-breakpoint
CREATE INDEX "runs_to_end" ON "runs" USING btree ("workspace","schedule_id") WHERE state in ('planned', 'late', 'running', 'stuck');--> statement-breakpoint
CREATE INDEX "runs_age" ON "runs" USING brin ("planned_at");--> statement-breakpoint
CREATE INDEX "schedules_newest" ON "schedules" USING btree ("workspace","created_at","name") WHERE "schedules"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "schedules_deleted" ON "schedules" USING btree ("workspace","name") WHERE "schedules"."deleted_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "events_key" ON "events" USING btree ("workspace","key");--> statement-breakpoint
CREATE INDEX "events_age" ON "events" USING brin ("at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("begun_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_hash" ON "tokens" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "tokens_newest" ON "tokens" USING btree ("created_at","token_id");--> statement-breakpoint
CREATE INDEX "tokens_of_workspace" ON "tokens" USING btree ("workspace","created_at","token_id");