package scenarios_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios/cell"
)

// Each impossible combination is refused with its place, the reason and a valid choice.
func TestEventErrors(t *testing.T) {
	t.Parallel()
	const reference, custom = "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}, phases: {steady: 5s}, ", "{name: x, target: 'ws://h/w', pattern: echo, load: {rate: 1k/s}, "
	checkErrors(t, "", "}", map[string]string{
		reference + "events: [{at: 1s, disconnect: 100%}, {at: 2s, run: [a, a]}]":                                              "",
		reference + "events: [{at: 1s, disconnect: 100%}], reconnect: none":                                                    "",
		custom + "reconnect: decorrelated":                                                                                     "",
		reference + "events: [{at: 5s, disconnect: 1%}]":                                                                       "events[0].at: found 5s, and the steady phase takes 5s; expected a time before its end",
		reference + "events: [{at: 2s, disconnect: 1%}, {at: 1s, disconnect: 1%}]":                                             "events[1].at: found 1s after 2s; expected events in the order of time",
		reference + "events: [{disconnect: 1%}]":                                                                               "events[0].at is missing; expected its time since the beginning of the steady phase",
		reference + "events: [{at: 1s}]":                                                                                       "events[0]: nothing happens; expected disconnect, partition, restart or run",
		reference + "events: [{at: 1s, restart: true}, {at: 2s, restart: kill}]":                                               "",
		reference + "events: [{at: 1s, restart: stop}]":                                                                        `found "stop"; expected true, an orderly restart, or kill; did you mean "true"?`,
		reference + "events: [{at: 1s, restart: false}]":                                                                       `found "false"; expected true, an orderly restart, or kill`,
		reference + "events: [{at: 1s, restart: true, how: reset}]":                                                            "events[0].how with restart; expected it with disconnect",
		reference + "target: '127.0.0.1:9000', events: [{at: 1s, restart: true}]":                                              "events[0].restart: rtbench restarts only reference servers that it starts itself; expected run",
		custom + "events: [{at: 1s, restart: true}]":                                                                           "events[0].restart: rtbench restarts only reference servers that it starts itself; expected run",
		reference + "events: [{at: 1s, disconnect: 1%, run: [a]}]":                                                             "events[0].run with disconnect; expected one of them",
		reference + "events: [{at: 1s, run: [a], how: reset}]":                                                                 "events[0].how with run; expected it with disconnect",
		reference + "events: [{at: 1s, disconnect: 1%, group: a}]":                                                             "events[0].group without groups; expected no group",
		reference + "events: [{at: 1s, disconnect: 0.5}]":                                                                      `found "0.5"; expected a share such as 100% or 12.5%, above 0%; did you mean 50%?`,
		reference + "events: [{at: 1s, disconnect: 0%}]":                                                                       "expected a share such as 100%",
		reference + "events: [{at: 1s, disconect: 50%}]":                                                                       `did you mean "disconnect"?`,
		reference + "events: [{at: 1s, partition: 2s}, {at: 2s, partition: 3s, to: server}]":                                   "",
		reference + "events: [{at: 1s, partition: 5s}]":                                                                        "events[0].partition: it ends at 6s, and the steady phase takes 5s; expected an end within it",
		reference + "events: [{at: 1s, partition: 1s, disconnect: 1%}]":                                                        "events[0].partition with disconnect; expected one of them",
		reference + "events: [{at: 1s, disconnect: 1%, to: client}]":                                                           "events[0].to with disconnect; expected it with partition",
		reference + "events: [{at: 1s, partition: 1s, how: reset}]":                                                            "events[0].how with partition; expected it with disconnect",
		reference + "events: [{at: 1s, partition: 1s, to: serve}]":                                                             `found "serve"; expected one of server, client; did you mean "server"?`,
		"{name: x, protocols: tcp, pattern: push, load: {rate: 1k/s}, read: {rate: 1KiB/s}, events: [{at: 1s, partition: 1s}]": "events[0].partition with read: the buffers of the emulated network",
		reference + "reconnect: full-jitter":                                                                                   "reconnect with api: reference, whose servers end no streams; expected events with it",
		reference + "events: [{at: 1s, disconnect: 1%}], reconnect: {base: 1s}":                                                "reconnect.base without a policy; expected one",
		reference + "events: [{at: 1s, disconnect: 1%}], reconnect: {policy: fixed, base: 2s, cap: 1s}":                        "reconnect.cap is shorter than base; expected at least base",
		custom + "reconnect: false":                                                                                            `found "false"; expected one of none, fixed, exponential, equal-jitter, full-jitter, decorrelated; did you mean "none"?`,
		custom + "reconnect: [fixed, none]":                                                                                    "found a list; expected one policy, or an axis such as {policy: [exponential, full-jitter]}",
		"{name: x, protocols: tcp, pattern: echo, load: {model: closed}, events: [{at: 1s, disconnect: 1%}]":                   "",
		"{name: x, protocols: tcp, pattern: push, load: {model: closed}, events: [{at: 1s, disconnect: 1%}]":                   "events with pattern push in a closed loop: a flood has no plan",
		"{name: x, protocols: tcp, events: [{at: 1s, disconnect: 1%, group: a}], groups: {a: {pattern: push, load: {rate: 1k/s}}, b: {pattern: echo, load: {model: closed}}}": "",
		"{name: x, protocols: tcp, pattern: upload, load: {rate: 1k/s}, events: [{at: 1s, disconnect: 1%}]":                                                                   "events with pattern upload and api: reference",
		"{name: x, api: guide, protocols: grpc, pattern: echo, load: {rate: 1k/s}, events: [{at: 1s, disconnect: 1%}]":                                                        "events with api: guide; expected api: reference or custom",
		"{name: x, protocols: tcp, events: [{at: 1s, disconnect: 1%, group: phone}], groups: {phones: {pattern: push, load: {rate: 1k/s}}}":                                   `events[0].group: found "phone"; expected a group; did you mean "phones"?`,
	})
}

// With events, streams come back by full jitter unless the scenario says otherwise, and policies are an axis,
// also of groups.
func TestReconnectDefaults(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}, events: [{at: 1s, disconnect: 50%, how: reset}]}")
	want := cell.Reconnect{Policy: cell.FullJitter, Base: 100 * time.Millisecond, Cap: 10 * time.Second}
	if c := s.Cells()[0]; c.Reconnect != want || len(c.Events) != 1 || c.Events[0].String() != "disconnect 50% by reset" {
		t.Errorf("%+v %v", c.Reconnect, c.Events)
	}
	s = parse(t, `{name: x, protocols: tcp, events: [{at: 1s, disconnect: 50%, group: a}], reconnect: {policy: [none, fixed], base: 20s},
		groups: {a: {pattern: echo, load: {rate: 1k/s}}, b: {pattern: push, load: {rate: 1k/s}}}}`)
	var got []string
	for _, c := range s.Cells() {
		got = append(got, c.Group+" "+c.Reconnect.Policy+" "+c.Reconnect.Cap.String())
	}
	if text := strings.Join(got, ", "); text != "a none 20s, b none 20s, a fixed 20s, b fixed 20s" {
		t.Error(text)
	}
	if s.Shorten(); s.Steady != 5*time.Second {
		t.Errorf("a steady phase of %v has no room for the events", s.Steady)
	}
}

// The waits are those of Brooker 2015, in closed form.
func TestWaits(t *testing.T) {
	t.Parallel()
	const base, limit = 100 * time.Millisecond, time.Second
	grown := func(n int) time.Duration { return min(limit, base<<min(n, 10)) }
	for policy, bounds := range map[string]func(n int, last time.Duration) (least, most time.Duration){
		cell.Fixed:        func(int, time.Duration) (_, _ time.Duration) { return base, base },
		cell.Exponential:  func(n int, _ time.Duration) (_, _ time.Duration) { return grown(n), grown(n) },
		cell.EqualJitter:  func(n int, _ time.Duration) (_, _ time.Duration) { return grown(n) / 2, grown(n) },
		cell.FullJitter:   func(n int, _ time.Duration) (_, _ time.Duration) { return 0, grown(n) },
		cell.Decorrelated: func(_ int, last time.Duration) (_, _ time.Duration) { return base, min(limit, 3*max(base, last)) },
	} {
		r := cell.Reconnect{Policy: policy, Base: base, Cap: limit}
		var last time.Duration
		for n := range 60 {
			least, most := bounds(n, last)
			for random, want := range map[float64]time.Duration{0: least, 0.5: (least + most) / 2, 1: most} {
				if policy == cell.Decorrelated && random > 0 { // the cap is of the random time
					want = min(limit, base+time.Duration(random*float64(3*max(base, last)-base)))
				}
				if got := r.Wait(n, last, random); math.Abs(float64(got-want)) > 1 {
					t.Errorf("%s: wait %d at %v is %v, want %v", policy, n, random, got, want)
				}
			}
			last = r.Wait(n, last, 0.7)
		}
	}
}
