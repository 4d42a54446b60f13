CREATE TABLE "churn_labels" (
	"workspace" text NOT NULL,
	"customer_id" text NOT NULL,
	"is_churn" boolean,
	"churned_at" timestamp with time zone,
	"churn_reason" text,
	"predicted_churn_score" double precision,
	CONSTRAINT "churn_labels_workspace_customer_id_pk" PRIMARY KEY("workspace","customer_id")
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"workspace" text NOT NULL,
	"customer_id" text NOT NULL,
	"position" integer NOT NULL,
	"first_name" text,
	"last_name" text,
	"email" text,
	"phone" text,
	"signup_at" timestamp with time zone,
	"country" text,
	"city" text,
	"segment" text,
	"lifetime_value" double precision NOT NULL,
	"avg_order_value" double precision,
	"preferred_category" text,
	"last_active_at" timestamp with time zone,
	"loyalty_tier" text,
	"opt_in_marketing" boolean NOT NULL,
	"language" text,
	"cohort_lower" integer NOT NULL,
	"cohort_size" integer NOT NULL,
	"segment_mean" double precision NOT NULL,
	CONSTRAINT "customers_workspace_customer_id_pk" PRIMARY KEY("workspace","customer_id")
);
--> statement-breakpoint
CREATE TABLE "escalations" (
	"workspace" text NOT NULL,
	"escalation_id" text NOT NULL,
	"intervention_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"owner" text NOT NULL,
	"state" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"deadline" timestamp with time zone NOT NULL,
	"history" jsonb NOT NULL,
	CONSTRAINT "escalations_workspace_escalation_id_pk" PRIMARY KEY("workspace","escalation_id")
);
--> statement-breakpoint
CREATE TABLE "interventions" (
	"workspace" text NOT NULL,
	"intervention_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"scan_id" text,
	"workflow_id" text NOT NULL,
	"run_id" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"state" text NOT NULL,
	"state_reason" text,
	"deadline" timestamp with time zone,
	"name" text NOT NULL,
	"segment" text,
	"loyalty_tier" text,
	"lifetime_value" double precision NOT NULL,
	"health" double precision NOT NULL,
	"churn_risk" double precision NOT NULL,
	"risk_level" text NOT NULL,
	"issue" text GENERATED ALWAYS AS (context_findings ->> 'issue') STORED,
	"sentiment" text GENERATED ALWAYS AS (context_findings ->> 'sentiment') STORED,
	"urgency" integer GENERATED ALWAYS AS ((context_findings ->> 'urgency')::integer) STORED,
	"priority" text GENERATED ALWAYS AS (decision ->> 'priority') STORED,
	"action" text GENERATED ALWAYS AS (decision ->> 'action') STORED,
	"channels" jsonb GENERATED ALWAYS AS (decision -> 'channels') STORED,
	"discount_percent" double precision GENERATED ALWAYS AS ((decision ->> 'discountPercent')::double precision) STORED,
	"language" text,
	"subject" text,
	"body" text,
	"text_hash" text,
	"context_findings" jsonb,
	"pattern_findings" jsonb,
	"decision" jsonb,
	"notes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "interventions_workspace_intervention_id_pk" PRIMARY KEY("workspace","intervention_id")
);
--> statement-breakpoint
CREATE TABLE "nps_answers" (
	"workspace" text NOT NULL,
	"customer_id" text NOT NULL,
	"position" integer NOT NULL,
	"answered_at" timestamp with time zone,
	"score" double precision NOT NULL,
	"feedback" text,
	CONSTRAINT "nps_answers_workspace_customer_id_position_pk" PRIMARY KEY("workspace","customer_id","position")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"workspace" text NOT NULL,
	"order_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"position" integer NOT NULL,
	"ordered_at" timestamp with time zone,
	"total_amount" double precision,
	"order_status" text,
	"payment_status" text,
	"delivery_delay_days" double precision,
	CONSTRAINT "orders_workspace_order_id_pk" PRIMARY KEY("workspace","order_id")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"workspace" text NOT NULL,
	"message_id" text NOT NULL,
	"kind" text NOT NULL,
	"intervention_id" text,
	"customer_id" text,
	"channel" text NOT NULL,
	"recipient" text,
	"subject" text,
	"body" text NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "outbox_workspace_message_id_pk" PRIMARY KEY("workspace","message_id")
);
--> statement-breakpoint
CREATE TABLE "scans" (
	"workspace" text NOT NULL,
	"scan_id" text NOT NULL,
	"number" integer,
	"dry_run" boolean NOT NULL,
	"workflow_id" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"risk_threshold" double precision NOT NULL,
	"health_threshold" double precision NOT NULL,
	"customers_scanned" integer DEFAULT 0 NOT NULL,
	"at_risk" integer DEFAULT 0 NOT NULL,
	"excluded" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"next_scan_at" timestamp with time zone,
	"preview" jsonb,
	CONSTRAINT "scans_workspace_scan_id_pk" PRIMARY KEY("workspace","scan_id")
);
--> statement-breakpoint
CREATE TABLE "support_tickets" (
	"workspace" text NOT NULL,
	"ticket_id" text NOT NULL,
	"customer_id" text NOT NULL,
	"position" integer NOT NULL,
	"created_at" timestamp with time zone,
	"category" text,
	"priority" text,
	"status" text,
	"sentiment_score" double precision,
	"csat_score" double precision,
	"issue_text" text,
	"resolution" text,
	CONSTRAINT "support_tickets_workspace_ticket_id_pk" PRIMARY KEY("workspace","ticket_id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "customers_position" ON "customers" USING btree ("workspace","position");--> statement-breakpoint
CREATE INDEX "customers_segment_value" ON "customers" USING btree ("workspace","segment","lifetime_value");--> statement-breakpoint
CREATE INDEX "customers_category_tier_value" ON "customers" USING btree ("workspace","preferred_category","loyalty_tier","lifetime_value");--> statement-breakpoint
CREATE UNIQUE INDEX "escalations_intervention" ON "escalations" USING btree ("workspace","intervention_id");--> statement-breakpoint
CREATE INDEX "escalations_customer" ON "escalations" USING btree ("workspace","customer_id","opened_at");--> statement-breakpoint
CREATE INDEX "escalations_newest" ON "escalations" USING btree ("workspace","opened_at","escalation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "interventions_one_open" ON "interventions" USING btree ("workspace","customer_id") WHERE "interventions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "interventions_customer" ON "interventions" USING btree ("workspace","customer_id","opened_at");--> statement-breakpoint
CREATE INDEX "interventions_newest" ON "interventions" USING btree ("workspace","opened_at","intervention_id");--> statement-breakpoint
CREATE INDEX "interventions_scan" ON "interventions" USING btree ("workspace","scan_id");--> statement-breakpoint
CREATE INDEX "interventions_unfinished" ON "interventions" USING btree ("workspace","opened_at") WHERE "interventions"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "orders_customer" ON "orders" USING btree ("workspace","customer_id","position");--> statement-breakpoint
CREATE INDEX "outbox_newest" ON "outbox" USING btree ("workspace","created_at","message_id");--> statement-breakpoint
CREATE UNIQUE INDEX "scans_number" ON "scans" USING btree ("workspace","number");--> statement-breakpoint
CREATE INDEX "scans_newest" ON "scans" USING btree ("workspace","started_at","scan_id");--> statement-breakpoint
CREATE INDEX "support_tickets_customer" ON "support_tickets" USING btree ("workspace","customer_id","position");