CREATE EXTENSION IF NOT EXISTS btree_gist;
--> statement-breakpoint
CREATE TABLE "bookings" (
	"workspace" text NOT NULL,
	"booking_id" text NOT NULL,
	"calendar" text NOT NULL,
	"resource" text NOT NULL,
	"slot_id" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"apart_ms" integer NOT NULL,
	"next_slot_id" text,
	"next_starts_at" timestamp with time zone,
	"next_ends_at" timestamp with time zone,
	"next_apart_ms" integer,
	"reserved" "tstzmultirange" NOT NULL,
	"timezone" text NOT NULL,
	"invitee" jsonb NOT NULL,
	"invitee_timezone" text,
	"language" text,
	"topic" text NOT NULL,
	"contact_id" text,
	"state" text NOT NULL,
	"state_reason" text,
	"join_url" text,
	"meeting_id" text,
	"repairs" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"started_at" timestamp with time zone,
	"hold_until" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "bookings_workspace_booking_id_pk" PRIMARY KEY("workspace","booking_id")
);
--> statement-breakpoint
CREATE TABLE "calendar_connections" (
	"representative" text PRIMARY KEY NOT NULL,
	"refresh_token" text NOT NULL,
	"connected_at" timestamp with time zone NOT NULL,
	"connected_by" text NOT NULL,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "bookings_newest" ON "bookings" USING btree ("workspace","created_at","booking_id");--> statement-breakpoint
CREATE INDEX "bookings_of_calendar" ON "bookings" USING btree ("workspace","calendar","created_at","booking_id");--> statement-breakpoint
CREATE INDEX "bookings_of_contact" ON "bookings" USING btree ("workspace","contact_id","created_at","booking_id");--> statement-breakpoint
CREATE INDEX "bookings_in_state" ON "bookings" USING btree ("workspace","state","created_at","booking_id");--> statement-breakpoint
CREATE INDEX "bookings_completed" ON "bookings" USING btree ("resource","ends_at") WHERE state = 'completed';--> statement-breakpoint
CREATE INDEX "bookings_unstarted" ON "bookings" USING btree ("hold_until") WHERE state = 'held' and started_at is null;
--> statement-breakpoint
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_apart" EXCLUDE USING gist ("resource" WITH =, "reserved" WITH &&);
