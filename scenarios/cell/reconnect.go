package cell

import (
	"math"
	"time"

	"rtbench/scenarios/spec"
)

// Reconnect is when streams that ended are opened again: the policies of the AWS Architecture Blog,
// "Exponential Backoff And Jitter" (Brooker 2015). Without a policy, those of custom targets are opened
// again as docs/measurement.md says, and others are not.
type Reconnect struct {
	Policy string        `json:"policy,omitempty"`
	Base   time.Duration `json:"base_ns,omitempty"`
	Cap    time.Duration `json:"cap_ns,omitempty"`
	// Attempts is the number of attempts after which a stream is given up; 0: unlimited.
	Attempts int `json:"attempts,omitempty"`
}

// Values of Reconnect.Policy. Before attempt n, from 0, a stream waits:
const (
	NoReconnect  = "none"         // for ever
	Fixed        = "fixed"        // base
	Exponential  = "exponential"  // b = min(cap, base · 2^n)
	EqualJitter  = "equal-jitter" // b/2 and a random time up to b/2
	FullJitter   = "full-jitter"  // a random time up to b
	Decorrelated = "decorrelated" // min(cap, a random time from base to three times the last wait)
)

// The defaults of a policy.
const (
	DefaultBase = 100 * time.Millisecond
	DefaultCap  = 10 * time.Second
)

// Wait returns the time before attempt n, counted from 0, after the one before waited last. random is from
// 0 to 1.
func (r Reconnect) Wait(n int, last time.Duration, random float64) time.Duration {
	grown := min(float64(r.Cap), float64(r.Base)*math.Exp2(float64(n)))
	switch r.Policy {
	case Fixed:
		return r.Base
	case EqualJitter:
		grown = grown/2 + random*grown/2
	case FullJitter:
		grown *= random
	case Decorrelated:
		base := float64(r.Base)
		grown = min(float64(r.Cap), base+random*(3*max(base, float64(last))-base))
	}
	return time.Duration(grown)
}

func (c *Config) reconnectKey() spec.Key {
	r := &c.Reconnect
	policy := spec.Axis(&r.Policy, spec.OneOf(NoReconnect+" never off no false", Fixed+" constant", Exponential+" expo backoff", EqualJitter+" equal", FullJitter+" full jitter", Decorrelated+" decorrelated-jitter"))
	needs := spec.When(func() bool { return r.Policy == "" }, " without a policy; expected one, such as {policy: full-jitter, base: 100ms}")
	wait := spec.Duration(time.Millisecond)
	value := spec.Either("policy", spec.ShortOf("policy", policy, "one policy, or an axis such as {policy: [exponential, full-jitter]}"), spec.Section(
		spec.Key{Name: "policy", Also: "backoff strategy kind type", Value: policy, Doc: "An axis: how long a stream waits before attempt n, from 0, with b = min(cap, base · 2^n). none: for ever. fixed: base. exponential: b. equal-jitter: b/2 and a random time up to b/2. full-jitter: a random time up to b. decorrelated: a random time from base to three times the last wait, up to cap."},
		spec.Key{Name: "base", Also: "initial min delay interval", Value: spec.One(&r.Base, wait), Conflicts: []spec.Conflict{needs}, Doc: "Default 100ms."},
		spec.Key{
			Name: "cap", Also: "max limit maximum", Value: spec.One(&r.Cap, wait), Doc: "Longest wait. Default 10s.",
			Conflicts: []spec.Conflict{needs, spec.When(func() bool { return r.Base > 0 && r.Cap < r.Base }, " is shorter than base; expected at least base")},
		},
		spec.Key{Name: "attempts", Also: "retries max_attempts tries", Value: spec.One(&r.Attempts, spec.Integer(1, 1_000_000)), Conflicts: []spec.Conflict{needs}, Doc: "Failed attempts in a row after which a stream is given up. Default: unlimited."},
	))
	return spec.Key{
		Name: "reconnect", Also: "reconnects retry reopen backoff", Value: value, Example: "# {policy: [exponential, full-jitter], base: 100ms, cap: 10s}",
		Conflicts: []spec.Conflict{c.withAPI(Guide, " with api: guide; expected api: reference or custom")},
		Doc:       "When streams that ended are opened again. The wait begins again with attempt 0 once a stream has brought a message or was open for cap. A server that asks for more time (Retry-After, the retry field of an event stream) gets it, and event streams resume with Last-Event-ID. Default with events: full-jitter. Default for custom targets: equal-jitter with base 50ms and cap 2s; a stream that the server ends normally is reopened 50 to 100 ms after it was opened or later, streams that live shorter are reopened at 1,000 per second in total, and HTTP 204 ends an event stream for good.",
	}
}
