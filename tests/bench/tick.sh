#!/usr/bin/env bash
# What a health check by script does: metadata, container, /health, one conditional heartbeat.
set -euo pipefail
: "${TABLE:?}" "${CONTAINER:?}" "${PORT:?}" "${AWS:?}" "${AWS_EC2_METADATA_SERVICE_ENDPOINT:?}"
metadata=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest

token=$(curl -sf --max-time 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
instance=$(curl -sf --max-time 2 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")
region=$(curl -sf --max-time 2 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/placement/region")

[ -n "$(docker ps --quiet --filter "name=^$CONTAINER$" --filter status=running)" ]
curl -sf --connect-timeout 1 --max-time 3 "http://127.0.0.1:$PORT/health" >/dev/null

now=$(date +%s)
"$AWS" dynamodb update-item --region "$region" --table-name "$TABLE" \
  --key "{\"instance_id\": {\"S\": \"$instance\"}}" \
  --condition-expression 'attribute_exists(instance_id)' \
  --update-expression 'SET #s = :s, last_health_check = :t, lease_expires_at = :l' \
  --expression-attribute-names '{"#s": "status"}' \
  --expression-attribute-values "{\":s\": {\"S\": \"healthy\"}, \":t\": {\"S\": \"$(date -u +%FT%TZ)\"}, \":l\": {\"N\": \"$((now + 150))\"}}"
