#!/bin/sh
# Brings the tables of Temporal up to date, from none or from any earlier version; where they are, it changes nothing.
# SQL_PLUGIN, SQL_HOST, SQL_USER and SQL_PASSWORD say where.
set -eu

for kind in temporal visibility; do
  database=temporal
  [ "$kind" = visibility ] && database=temporal_visibility
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$kind/versioned"
done
