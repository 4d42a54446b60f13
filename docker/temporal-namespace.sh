#!/bin/sh
# Makes sure of the namespace TEMPORAL_NAMESPACE at TEMPORAL_ADDRESS. What is there already keeps its retention.
set -eu

attempts=15
until temporal operator cluster health; do
  attempts=$((attempts - 1))
  [ "$attempts" -gt 0 ] || exit 1
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
