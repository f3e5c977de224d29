package proto_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/pace"
)

func TestCallRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.IntRange(1, 1000).Draw(t, "of")
		want := proto.Call{
			Pattern: rapid.SampledFrom(proto.Patterns).Draw(t, "pattern").Name, Text: rapid.Bool().Draw(t, "text"),
			Size:     rapid.IntRange(0, proto.MaxSize).Draw(t, "size"),
			Arrivals: rapid.SampledFrom([]pace.Arrivals{"", pace.Constant, pace.Poisson, pace.Gamma(2.5)}).Draw(t, "arrivals"),
			Seed:     rapid.Int64().Draw(t, "seed"), Of: of, Share: rapid.IntRange(0, of).Draw(t, "share"),
			Origin: rapid.Int64().Draw(t, "origin"), SteadyFrom: rapid.Int64().Draw(t, "from"), SteadyTo: rapid.Int64().Draw(t, "to"),
			Wave: rapid.SampledFrom([]pace.Wave{
				{}, {Start: time.Second, Period: time.Minute, On: time.Millisecond}, {Period: 1500 * time.Millisecond, Amplitude: 0.29},
			}).Draw(t, "wave"),
			Tokens: rapid.IntRange(1, proto.MaxTokens).Draw(t, "tokens"), First: rapid.Int64Range(0, 1e12).Draw(t, "first"),
			Every: rapid.Int64Range(proto.MinEvery, 1e12).Draw(t, "every"), Direct: rapid.Bool().Draw(t, "direct"),
			Topic: rapid.StringN(1, 20, -1).Draw(t, "topic"), Fault: rapid.StringN(0, 256, 256).Draw(t, "fault"),
			Profile: pace.Profile{{
				Duration: time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "duration")),
				From:     rapid.Float64Range(0, 1e9).Draw(t, "rate"), To: rapid.Float64Range(0, 1e9).Draw(t, "to rate"),
			}},
		}
		got, err := proto.ParseCall(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestInvalidCalls(t *testing.T) {
	for _, q := range []string{
		"", "pattern=ecko", "pattern=echo&size=-1", "pattern=echo&size=1048577", "pattern=echo&surprise=1",
		"pattern=push&share=3&of=2", "pattern=push&profile=1:2", "pattern=push&profile=-1:1:1", "pattern=push&profile=1:NaN:1",
		"pattern=push&arrivals=never", "pattern=push&arrivals=trace", "pattern=push&arrivals=gamma(cv=11)", "pattern=push&wave=bursts(1s/1s)", "pattern=push&wave=sine(101%25/1s)", "pattern=fanout", "pattern=push&publish=t", "pattern=generate", "pattern=generate&tokens=0&every=10000", "pattern=generate&tokens=3&every=9999", "pattern=generate&tokens=3&every=10000&first=-1", "pattern=echo&size=x", "%zz", "a;b",
		"pattern=echo&fault=" + strings.Repeat("x", 257),
	} {
		if _, err := proto.ParseCall(q); err == nil {
			t.Errorf("ParseCall(%q) succeeds", q)
		}
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add("pattern=echo&size=100&text=1")
	f.Add(proto.Call{Pattern: proto.Push, Profile: pace.Profile{{Duration: 1, From: 1, To: 2}}, Of: 1}.Encode())
	f.Fuzz(func(t *testing.T, q string) {
		c, err := proto.ParseCall(q)
		if err != nil {
			return
		}
		again, err := proto.ParseCall(c.Encode())
		if err != nil || cmp.Diff(c, again) != "" {
			t.Fatalf("%q does not survive encoding: %v", q, err)
		}
	})
}

// An answer has its tokens at multiples of the time between them, the first at once.
func TestAnswerPlan(t *testing.T) {
	t.Parallel()
	for _, every := range []int64{proto.MinEvery, 33_333, int64(20 * time.Millisecond), int64(time.Hour)} {
		plan := proto.Call{Tokens: 1000, Every: every}.AnswerPlan()
		for n := range int64(1000) {
			if due, ok := plan.Next(); !ok || due < time.Duration(n*every-1) || due > time.Duration(n*every+1) {
				t.Fatalf("token %d of every %d ns is due after %v, %v", n, every, due, ok)
			}
		}
		if due, ok := plan.Next(); ok {
			t.Errorf("one more is due after %v", due)
		}
	}
}
