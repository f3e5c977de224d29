package scenarios_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios/cell"
)

// Each impossible combination is refused with its place, the reason and a valid choice.
func TestJoinErrors(t *testing.T) {
	t.Parallel()
	const reference, custom = "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: 950}, ", "{name: x, target: 'ws://h/w', load: {rate: 1k/s}, "
	checkErrors(t, "", "}", map[string]string{
		reference + "join: {stay: exponential(30s)}":                         "",
		reference + "join: {stay: [forever, 'uniform(1s, 2s)']}":             "",
		reference + "join: {rate: 50/s}":                                     "",
		reference + "join: {rate: 31.7/s, stay: 30s}":                        "",
		"{name: x, target: 'http://h/e', pattern: push, join: {stay: 1s}":    "",
		reference + "join: {rate: 50/s, stay: exponential(30s)}":             "join.rate: found 50/s, and 950 users who stay 30s on average are replaced at 31.7/s (connections / stay); expected one of rate and stay, or load.connections: 1500",
		reference + "join: {}":                                               "join: nobody leaves; expected stay or rate, such as {stay: exponential(30s)}",
		reference + "join: {stay: forever, rate: 50/s}":                      "join.rate with stay: forever, with which nobody leaves; expected one of them",
		reference + "join: {stay: 10ms}":                                     "join.stay: 950 users who stay 10ms on average are replaced at 95k/s; expected at most 10k/s, a stay of 95ms",
		reference + "join: {rate: 20k/s}":                                    "join.rate: 950 users who stay 47.5ms on average are replaced at 20k/s; expected at most 10k/s",
		reference + "join: {stay: 1s}, phases: {steady: 1h}":                 "users come in 1h0m1s; expected at most 1000000, a stay of 3.421s",
		reference + "join: {stay: exp(1s)}":                                  `did you mean "exponential(10ms)"?`,
		reference + "join: {stay: 0s}":                                       `found "0s"; expected forever, a duration such as 10ms`,
		reference + "join: {stay: 1s}, events: [{at: 1s, disconnect: 100%}]": "join with events that cut the users: they may leave before they are back; expected one of them, or events of another group",
		"{name: x, protocols: tcp, events: [{at: 1s, disconnect: 1%, group: a}], groups: {a: {pattern: push, load: {rate: 1k/s}}, b: {pattern: echo, load: {rate: 1k/s}, join: {stay: 1s}}}": "",
		"{name: x, protocols: tcp, events: [{at: 1s, restart: true}], groups: {a: {pattern: push, load: {rate: 1k/s}}, b: {pattern: echo, load: {rate: 1k/s}, join: {stay: 1s}}}":            "groups.b.join with events that cut the users",
		"{name: x, protocols: grpc, pattern: echo, load: {rate: 1k/s, streams: 2}, join: {stay: 1s}":                                                                                         "join with several streams on a connection; expected one stream for each",
		"{name: x, protocols: tcp, pattern: echo, load: {model: closed}, join: {stay: 1s}":                                                                                                   "join in a closed loop: a server that is slow",
		"{name: x, protocols: tcp, pattern: upload, load: {rate: 1k/s}, join: {stay: 1s}":                                                                                                    "join with pattern upload and api: reference",
		"{name: x, api: guide, protocols: grpc, pattern: echo, load: {rate: 1k/s}, join: {stay: 1s}":                                                                                         "join with api: guide; expected api: reference or custom",
		custom + "pattern: fanout, join: {stay: 1s}":                                                                                                                                         "join with pattern fanout and api: custom, where the first user sends to all; expected groups with deliver",
		"{name: x, protocols: tcp, pattern: push, load: {rate: 1k/s}, groups: {a: {join: {stay: [1s, 2s]}}, b: {join: {stay: [1s, 2s]}}}":                                                    "groups.b.join.stay: a list, and one in group a; expected one value",
	})
}

// Stays are an axis of one group, and its values are those of all groups at a point.
func TestStaysAreAnAxis(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: push, load: {rate: 1k/s, connections: 10}, groups: {a: {}, b: {join: {stay: [forever, 2s]}}, c: {join: {rate: 5/s}}}}")
	var got []string
	for _, c := range s.Cells() {
		got = append(got, fmt.Sprintf("%s %v %g", c.Axes, c.Stays(), c.JoinRate()))
	}
	if text := strings.Join(got, ", "); text != "stay=forever/group=a forever 0, stay=forever/group=b forever 0, stay=forever/group=c exponential(2s) 5, "+
		"stay=2s/group=a forever 0, stay=2s/group=b 2s 5, stay=2s/group=c exponential(2s) 5" {
		t.Error(text)
	}
}

// ks returns the least p-value of the one-sample test of Kolmogorov and Smirnov whose distance is d, from the
// bound of Massart (1990).
func ks(sample []float64, cdf func(float64) float64) (p float64) {
	slices.Sort(sample)
	n, d := float64(len(sample)), 0.0
	for i, x := range sample {
		d = max(d, math.Abs(cdf(x)-float64(i)/n), math.Abs(cdf(x)-float64(i+1)/n))
	}
	return 2 * math.Exp(-2*n*d*d)
}

// Each place has one user at any time, so the crowd is held. Stays are distributed as asked, the first ones as
// their remainders in equilibrium, and users join evenly from the start, at the rate of Little's law.
func TestVisits(t *testing.T) {
	t.Parallel()
	const places, until, falseAlarm = 2000, 30 * time.Second, 1e-6
	for text, of := range map[string]struct{ stay, left func(float64) float64 }{
		"exponential(2s)": {func(x float64) float64 { return 1 - math.Exp(-x/2) }, func(x float64) float64 { return 1 - math.Exp(-x/2) }},
		"uniform(1s, 3s)": {func(x float64) float64 { return min(1, max(0, (x-1)/2)) }, func(x float64) float64 {
			if x < 1 {
				return x / 2
			}
			return min(1, (1+(x-1)-(x-1)*(x-1)/4)/2)
		}},
		"2s": {nil, func(x float64) float64 { return min(1, x/2) }},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := parse(t, fmt.Sprintf("{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: %d}, join: {stay: '%s'}}", places, text))
			visits := s.Visits(until)
			end := make([]time.Duration, places)
			var stays, firsts, joins []float64
			for i, v := range visits {
				switch before := end[v.Place]; {
				case before == 0:
					firsts = append(firsts, v.Join.Seconds())
				case before != v.Join:
					t.Fatalf("the user at %d leaves at %v, and the next one joins at %v", v.Place, before, v.Join)
				}
				if v.User != i || i > 0 && v.Join < visits[i-1].Join || v.Leave <= v.Join {
					t.Fatalf("%d: %+v after %+v", i, v, visits[max(0, i-1)])
				}
				end[v.Place] = v.Leave
				if v.Join < until/2 { // whose ends do not decide whether they are in the sample
					stays = append(stays, (v.Leave - v.Join).Seconds())
				}
				joins = append(joins, v.Join.Seconds())
			}
			if of.stay != nil && ks(stays, of.stay) < falseAlarm {
				t.Errorf("%d stays are not distributed as asked", len(stays))
			}
			if ks(firsts, of.left) < falseAlarm {
				t.Errorf("%d first stays are not distributed as remainders from a random time on", len(firsts))
			}
			// Joins of a renewal process vary less than those of a Poisson process, except for the exponential.
			if ks(joins, func(x float64) float64 { return x / until.Seconds() }) < falseAlarm {
				t.Errorf("%d users do not join evenly", len(joins))
			}
			if want := s.JoinRate() * until.Seconds(); want != places*15 || math.Abs(float64(len(joins))-want) > 6*math.Sqrt(want) {
				t.Errorf("%d users join, want %.0f", len(joins), want)
			}
			if again := s.Visits(until); !slices.Equal(again, visits) {
				t.Error("the plan is not the same again")
			}
			s.Seed++
			if other := s.Visits(until); slices.Equal(other[:100], visits[:100]) {
				t.Error("the plan does not depend on the seed")
			}
		})
	}
	if (cell.Config{Connections: 10}).Visits(time.Hour) != nil {
		t.Error("users come and go by default")
	}
}
