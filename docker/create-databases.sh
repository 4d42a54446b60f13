#!/bin/sh
# Run once, by the Postgres image, when its volume is empty: a user for each of Temporal and Reveille, owner of its own
# databases and of nothing else.
set -e

psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set temporal_password="$TEMPORAL_PASSWORD" --set reveille_password="$REVEILLE_PASSWORD" <<'SQL'
create role temporal login password :'temporal_password';
create role reveille login password :'reveille_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
create database reveille owner reveille;
revoke all on database temporal, temporal_visibility, reveille from public;
SQL
