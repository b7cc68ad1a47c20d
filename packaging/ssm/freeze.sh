#!/bin/bash
# Freezes the data volume before a snapshot begins, thaws it after. Exit statuses from 201 are Data
# Lifecycle Manager's own. The thaw is armed before the freeze: post-script runs only if all went well.
set -u
command='{{ command }}' mount='{{ mountPoint }}'
thawed=/run/ladybug-snapshot.thawed
unit=ladybug-snapshot-thaw

fail() {
  echo "ladybug snapshot: $2" >&2
  exit "$1"
}

freeze() {
  mountpoint --quiet "$mount" || fail 201 "wanted a filesystem mounted at $mount, found none"
  # Of an earlier try: without its timer nothing would thaw.
  ! systemctl --quiet is-active "$unit.timer" || fail 201 "$mount may be frozen; its timer thaws it"
  rm -f "$thawed"
  systemd-run --quiet --collect --unit="$unit" --on-active=60s --timer-property=AccuracySec=1s \
    /bin/sh -c "touch $thawed; exec fsfreeze --unfreeze $mount" ||
    fail 201 "cannot arm the thaw of $mount: it is not frozen"
  fsfreeze --freeze "$mount" || fail 201 "cannot freeze $mount; its timer thaws what is frozen"
}

thaw() {
  [ ! -e "$thawed" ] || fail 202 "$mount was thawed by its timer, perhaps before the snapshot began"
  # The timer is stopped last: should this fail, it thaws.
  fsfreeze --unfreeze "$mount" || fail 202 "cannot thaw $mount: its timer will, or has"
  systemctl stop "$unit.timer"
}

case $command in
  pre-script) freeze ;;
  post-script) thaw ;;
  dry-run) echo "would freeze $mount (execution {{ executionId }})" ;;
esac
