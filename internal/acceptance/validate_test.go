//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

const echoLoad = "name: t\npattern: echo\nload: {rate: 1k/s, connections: 10}\nphases: {warmup: 1s, steady: 10s}\n"

// A load beyond the capacity of this machine is rejected before the run, by every command.
func TestImpossibleLoad(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"t.yaml": echoLoad})
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"load.rate=90M/s"}, "--set load.rate=90M/s: load.rate: 90M/s at the receivers is more than"},
		{[]string{"load.stages=[{over: 10s, to: 90M/s}]"}, "load.stages: 90M/s at the receivers is more than"},
		{[]string{"pattern=fanout", "load.rate=100k/s", "load.connections=1000"}, "load.rate: 100M/s at the receivers is more than"},
		{[]string{"payload.size=1MiB", "load.rate=900k/s"}, "GB/s of payload at that rate is more than"},
	} {
		for _, command := range []string{"scenario validate t.yaml", "run t.yaml"} {
			args := strings.Fields(command)
			for _, set := range c.set {
				args = append(args, "--set", set)
			}
			o := s.rtbench(args...).wantCode(104)
			if !strings.Contains(o.Stderr, c.want) || o.Stdout != "" {
				t.Errorf("%s %v: %s%s\nwant %s", command, c.set, o.Stdout, o.Stderr, c.want)
			}
		}
	}
	o := s.rtbench("bench", "127.0.0.1:1", "--rate", "90M/s").wantCode(104)
	if !strings.HasPrefix(o.Stderr, "--rate: 90M/s at the receivers is more than") {
		t.Error(o.Stderr)
	}
}

// A scenario that is unlikely to run as planned is valid, with a warning.
func TestValidateWarns(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"t.yaml": echoLoad})
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"load.rate=10/s", "thresholds=p(99) < 1s"}, "`p(99) < 1s` needs 368 messages for p(99); only 100 are due in the steady phase"},
		{[]string{"load.rate=100/s", "thresholds={condition: p(99) < 1s, window: 1s}"}, "needs 368 messages for p(99); only 100 are due in a window"},
		{[]string{"repetitions=1000", "phases.steady=24h"}, "all repetitions together take about 5000.1 days"},
		{[]string{"repetitions=1000", "phases={steady: 24h, warmup: 24h, drain: 24h}", "load.connections=[1,2,3,4]", "load.rate=[1/s,2/s,3/s,4/s,5/s]"}, "days"},
		{[]string{"load.connections=30000", "protocols=tcp"}, "local ports"},
		{[]string{"target={websocket: 'ws://h/'}", "thresholds=server_cpu < 50us"}, "server_cpu needs the target's metrics"},
	} {
		args := []string{"scenario", "validate", "t.yaml"}
		for _, set := range c.set {
			args = append(args, "--set", set)
		}
		if o := s.rtbench(args...).wantCode(0); !strings.Contains(o.Stdout, c.want) || !strings.Contains(o.Stdout, "WARNING") {
			t.Errorf("%v:\n%s%s\nwant %s", c.set, o.Stdout, o.Stderr, c.want)
		}
	}
	o := s.rtbench("scenario", "validate", "ticker", "--set", "load.rate=1/s").wantCode(0)
	if !strings.Contains(o.Stdout, "each stream gets an event every 1m40s, but the steady phase is 3s") {
		t.Error(o.Stdout)
	}
}

// The files of a scenario are read even if only the server describes its gRPC method.
func TestValidateReadsFilesBesideReflection(t *testing.T) {
	t.Parallel()
	const text = "name: t\ntarget: {grpc: {url: 'grpcs://127.0.0.1:1/a.B/C'}, tls: {ca: ca.pem}}\npattern: echo\nload: {rate: 1/s}\n%s"
	s := newSession(t, map[string]string{
		"ca.yaml":      fmt.Sprintf(text, "messages: '{}'\n"),
		"empty.csv":    "user\n",
		"broken.pem":   "no certificate",
		"rows.yaml":    strings.Replace(fmt.Sprintf(text, "rows: empty.csv\nmessages: '{{.Row.user}}'\n"), ", tls: {ca: ca.pem}", "", 1),
		"missing.yaml": strings.Replace(fmt.Sprintf(text, "messages: {file: none.json}\n"), ", tls: {ca: ca.pem}", "", 1),
		"broken.yaml":  strings.Replace(fmt.Sprintf(text, "messages: '{}'\n"), "ca.pem", "broken.pem", 1),
	})
	for file, want := range map[string]string{
		"ca.yaml": "ca.pem", "rows.yaml": "empty.csv: no rows", "missing.yaml": "none.json", "broken.yaml": "broken.pem",
	} {
		if o := s.rtbench("scenario", "validate", file).wantCode(104); !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: %s\nwant %s", file, o.Stderr, want)
		}
	}
}

// The profiles quick and ci keep a threshold's windows, as the README's example needs.
func TestProfilesKeepWindows(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const example = `name: ticker
protocols: [websocket]
pattern: fanout
load: {rate: 100/s, connections: 20}
payload: {size: 256, encoding: text}
phases: {warmup: 1s, steady: 10s}
repetitions: 6
thresholds:
  - lost == 0
  - {condition: p(99) < 20s, window: 500ms, after: 1s, abort: true}
`
	s := newSession(t, map[string]string{"ticker.yaml": example})
	for _, flags := range []string{"--quick", "--profile quick", "--profile ci --set repetitions=1"} {
		o := s.rtbench(append(strings.Fields("run ticker.yaml --quiet --out"), append([]string{strings.ReplaceAll(flags, " ", "")}, strings.Fields(flags)...)...)...)
		if want := "scenario ticker: the steady phase takes 1.5s, not "; !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: %s\nwant %s", flags, o.Stderr, want)
		}
		for _, c := range o.result(strings.ReplaceAll(flags, " ", "")).Cells {
			for _, h := range c.Repetitions[0].Thresholds {
				if strings.Contains(h.Error, "no window") { // on a busy machine p(99) may not be usable
					t.Errorf("%s, %s: %s: %s", flags, c.ID, h.Text, h.Error)
				}
			}
		}
	}
	o := s.rtbench("scenario", "validate", "ticker.yaml", "--profile", "ci").wantCode(0)
	if !strings.Contains(o.Stdout, "the steady phase takes 1.5s, not 1s, because threshold `p(99) < 20s in each 500ms after 1s` needs it") {
		t.Error(o.Stdout)
	}
	o = s.rtbench("scenario", "validate", "ticker.yaml", "--set", "phases.steady=1s").wantCode(104)
	if !strings.Contains(o.Stderr, "ticker.yaml:10:38: thresholds[1]: no window of 500ms after 1s fits into the steady phase of 1s") {
		t.Error(o.Stderr)
	}
}
