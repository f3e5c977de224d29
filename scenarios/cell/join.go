package cell

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"rtbench/scenarios/spec"
)

// Join configures users that come and go while their number stays that of the connections. With the zero value
// none do. By Little's law the rate is the number of connections divided by the mean stay.
type Join struct {
	Rate float64 `json:"rate,omitempty"` // users that replace others, per second
	Stay Stay    `json:"stay,omitzero"`
}

// A Stay is how long a user stays. The zero value is for ever.
type Stay struct{ Pause }

// forever is the zero Stay.
const forever = "forever"

func (s Stay) String() string {
	if s == (Stay{}) {
		return forever
	}
	return s.Pause.String()
}

// Stays returns how long users stay; the zero value if they do not come and go.
func (c Config) Stays() Stay {
	if c.Join.Rate == 0 || c.Join.Stay != (Stay{}) {
		return c.Join.Stay
	}
	mean := time.Duration(float64(c.Connections) / c.Join.Rate * float64(time.Second))
	return Stay{Pause{mean: mean, most: maxMeans * mean, form: exponentialPause}}
}

// Churns reports whether users come and go.
func (c Config) Churns() bool { return c.Stays() != Stay{} }

// JoinRate returns how many users per second replace others; 0 if none do.
func (c Config) JoinRate() float64 {
	if !c.Churns() {
		return 0
	}
	return float64(c.Connections) / c.Stays().Mean().Seconds()
}

// A Visit is the stay of a user that takes the place of another.
type Visit struct {
	User  int           // counted from 0 in the order of joining
	Place int           // the number in the cell of the connection
	Join  time.Duration // when the user joins, after the plan's origin
	Leave time.Duration // when it leaves, which may be after the end of the plan
}

// joinSeed keeps the lengths of visits apart from other random values.
const joinSeed = 0x6a6f696e

// Visits returns the visits that begin before the end of a plan, in the order of joining. The crowd is in
// equilibrium from the start: the first stays are the remainders of stays that began before it.
func (c Config) Visits(until time.Duration) (list []Visit) {
	stay := c.Stays()
	if !c.Churns() {
		return nil
	}
	var random rand.PCG
	for place := range c.Connections {
		random.Seed(uint64(c.Seed)^joinSeed, uint64(place))
		for at := stay.Rest(&random); at < until; {
			v := Visit{Place: place, Join: at}
			at += max(1, stay.Draw(&random))
			v.Leave = at
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b Visit) int { return cmp.Or(cmp.Compare(a.Join, b.Join), a.Place-b.Place) })
	for i := range list {
		list[i].User = i
	}
	return list
}

// JoinWords describes how users come and go, to follow "users come and go"; it is empty if they do not.
func (c Config) JoinWords() string {
	switch {
	case c.Churns() && c.Join.Stay == Stay{}:
		return spec.FormatRate(c.Join.Rate)
	case c.Churns():
		return "stay " + c.Join.Stay.String()
	}
	return ""
}

// stayKind accepts a stay.
func stayKind() spec.Kind[Stay] {
	k := spec.Kind[Stay]{
		Expected: "forever, " + pauseKind.Expected, Hint: pauseKind.Hint,
		Allowed: append([]spec.Limits{{Enum: []string{forever}}}, pauseKind.Allowed...),
	}
	k.Parse = func(s string) (Stay, bool) {
		if s == forever {
			return Stay{}, true
		}
		p, err := ParsePause(s)
		return Stay{p}, err == nil && p.Mean() > 0
	}
	return k
}

func (c *Config) joinKey() spec.Key {
	return spec.Key{
		Name: "join", Also: "joins churn leave come turnover arrive", Example: "# {stay: exponential(30s)}",
		Value: spec.Section(
			spec.Key{
				Name: "stay", Also: "for lifetime session", Value: spec.Axis(&c.Join.Stay, stayKind()),
				Doc: "An axis: how long each user stays: a time, exponential(MEAN), uniform(LEAST, MOST), or forever, with which nobody leaves.",
			},
			spec.Key{Name: "rate", Also: "per_second", Value: spec.One(&c.Join.Rate, spec.Rate), Doc: "How many users are replaced per second. Either key implies the other: rate × mean stay = connections. With rate alone, stays are exponential."},
		),
		Conflicts: []spec.Conflict{
			c.withAPI(Guide, " with api: guide; expected api: reference or custom"),
			c.withModel(Closed, " in a closed loop: a server that is slow to accept users would only get less load; expected `model: open` with it"),
			spec.When(func() bool { return c.API == Reference && c.Pattern == "upload" }, " with pattern upload and api: reference, where the server measures each stream; expected pattern echo, push or fanout"),
			spec.When(func() bool { return c.API == Custom && c.Pattern == "fanout" && c.From == "" }, " with pattern fanout and api: custom, where the first user sends to all; expected groups with deliver"),
			spec.When(func() bool { return c.Pattern == "generate" }, " with pattern generate, whose requests each open a stream; expected pattern echo, push or fanout"),
			spec.When(c.eventsConcern, " with events that cut the users: they may leave before they are back; expected one of them, or events of another group, such as {at: 1s, disconnect: 100%, group: phones}"),
		},
		Doc: "Users come and go during warm-up and steady state, while their number stays that of the connections: when a stay is over, the user leaves, and another is due to join on a new connection, with a new row. The user that leaves waits for messages on their way, for at most phases.drain, and runs the closing steps. The time to join counts from when a user is due until its opening steps are done, including refused attempts. Messages due between the two users are not sent and count as away, not as failed. Stays are drawn from load.seed.",
	}
}
