#!/bin/bash
# Fetches ladybug-agent, installs it and starts its boot: docs/install.md. The header before this
# writes /etc/ladybug-agent/config.toml and sets, as plain variables,
#   LADYBUG_VERSION LADYBUG_BUNDLE (s3:// or https://) LADYBUG_SHA256 (of the bundle) LADYBUG_REGION
#   LADYBUG_STACK LADYBUG_RESOURCE LADYBUG_GROUP LADYBUG_HOOK (told of a failure; may be empty).
# It goes into a template as it is: no dollar is followed by a brace.
set -Eeuo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
for name in VERSION BUNDLE SHA256 REGION STACK RESOURCE GROUP HOOK; do
  [ -v "LADYBUG_$name" ] || declare "LADYBUG_$name="
done
export LADYBUG_SHA256 AWS_REGION=$LADYBUG_REGION AWS_DEFAULT_REGION=$LADYBUG_REGION
root=/opt/ladybug-agent log=/var/log/ladybug-agent-install.log work=
say() { echo "$(date -u +%FT%TZ) ladybug-agent stub: $*" | tee -a "$log"; }
tell() { # Refused where nobody waits, as at a scale-out: no stack operation is under way.
  if timeout 60 aws "$@" >>"$log" 2>&1; then say "told $1 $2"; else say "$1 $2 was refused"; fi
}
fail() { # A signal has no field for a reason, and the instance may go: its console is kept.
  trap - ERR && set +e && say "failed: $*"
  echo "ladybug-agent stub: failed: $*" 2>/dev/null >/dev/console
  id=$(cat /var/lib/cloud/data/instance-id) || exit 1
  [ -z "$LADYBUG_STACK" ] || tell cloudformation signal-resource --stack-name "$LADYBUG_STACK" \
    --logical-resource-id "$LADYBUG_RESOURCE" --unique-id "$id" --status FAILURE &
  [ -z "$LADYBUG_HOOK" ] || tell autoscaling complete-lifecycle-action --instance-id "$id" \
    --auto-scaling-group-name "$LADYBUG_GROUP" --lifecycle-hook-name "$LADYBUG_HOOK" \
    --lifecycle-action-result ABANDON &
  wait && exit 1
}
fetch() {
  case $LADYBUG_BUNDLE in
    s3://*) timeout 180 aws s3 cp --only-show-errors "$LADYBUG_BUNDLE" "$work/bundle" ;;
    *) curl -fsSL -m 180 -o "$work/bundle" "$LADYBUG_BUNDLE" ;;
  esac >>"$log" 2>&1
}
trap 'rm -rf "$work"' EXIT
trap 'fail "stub_failed: line $LINENO: $BASH_COMMAND"' ERR
for name in VERSION BUNDLE SHA256 REGION; do
  declare -n value=LADYBUG_$name
  [ -n "$value" ] || fail "stub_not_configured: wanted LADYBUG_$name, found nothing in the header"
done
mkdir -p "$root" && exec 9>"$root/.stub.lock"
flock -w 900 9 || fail "stub_already_running: another stub held the lock for 15 minutes"
agent=$root/$LADYBUG_VERSION/bundle
if [ "$(cat "$root/$LADYBUG_VERSION/.complete" 2>/dev/null)" != "$LADYBUG_SHA256" ]; then
  work=$(mktemp -d "$root/.fetched.XXXXXX") # not in /tmp, which is memory
  until fetch; do # Credentials may be late; what is denied or missing stays so.
    if [ $SECONDS -ge 180 ] || tail -n 1 "$log" | grep -Eq '[(:] ?40[34]|to run|t found'; then
      fail "bundle_not_fetched: wanted $LADYBUG_BUNDLE, found: $(tail -n 1 "$log")"
    fi
    sleep 5
  done
  echo "$LADYBUG_SHA256  $work/bundle" | sha256sum --check --status ||
    fail "bundle_corrupt: wanted SHA-256 $LADYBUG_SHA256 of $LADYBUG_BUNDLE, found another"
  tar -xzf "$work/bundle" -C "$work" --no-same-owner 2>>"$log" ||
    fail "bundle_not_unpacked: found: $(tail -n 1 "$log")"
  agent=$work/ladybug-agent-$LADYBUG_VERSION
fi
[ -x "$agent/install" ] || fail "bundle_wrong_version: wanted $LADYBUG_VERSION in $LADYBUG_BUNDLE"
"$agent/install" 9>&- >>"$log" 2>&1 || fail "$(tail -n 1 "$log")"
say "$LADYBUG_VERSION is installed and its boot started: ladybug-agent status --wait"
