package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A run is what one run of a contender gave.
type run struct {
	Work       string `json:"work"`
	Contender  string `json:"contender"`
	Repetition int    `json:"repetition"`
	Order      int    `json:"order"` // within the work: it shows the interleaving

	Rate float64 `json:"messages_per_second"`
	// Messages are all that the client had in its life, and so what its CPU is of.
	Messages float64       `json:"messages"`
	P50      time.Duration `json:"p50_ns,omitempty"` // 0: the tool does not tell
	P99      time.Duration `json:"p99_ns,omitempty"`
	Client   usage         `json:"client"`
	Server   usage         `json:"server"`
	// Sent is how many messages the server says it sent, where it is rtbench's.
	Sent float64 `json:"server_sent,omitempty"`
	// Off is how far the client's count is from the server's: 0.01 is 1 % above it.
	// Doubt is how far the server's own may be off.
	Off   float64 `json:"off,omitempty"`
	Doubt float64 `json:"off_doubt,omitempty"`
	// Others is the part of the machine that neither end had, but other programs or
	// other machines of the same host: 0.1 is a tenth.
	Others float64 `json:"others,omitempty"`
	// Invalid says that the tool itself says that this was no measurement.
	Invalid bool   `json:"invalid,omitempty"`
	Error   string `json:"error,omitempty"`

	// exact says that Messages counts all that the server sent; else Rate is that
	// of [from, to). Neither: both are the server's.
	exact    bool
	from, to time.Time
	flood    bool    // it did not end the load at to
	unread   float64 // of what the server sent
}

// tolerated is how far a client may be from its server's count without a word.
const tolerated = 0.03

// onServer has load done against a fresh `rtbench serve`.
func (b *bench) onServer(ctx context.Context, engine string, load func(*server) (*run, error)) (*run, error) {
	s, err := b.serve(ctx, engine)
	if err != nil {
		return nil, err
	}
	r, err := load(s)
	used := s.end()
	if err != nil {
		return r, err
	}
	r.Server, r.Sent = used, s.sent()
	rate := 0.0 // by the server, where it can tell
	switch {
	case r.exact && r.Sent > 0:
		r.Off = r.Messages/r.Sent - 1
	case r.from.IsZero():
		r.Rate = r.Sent / float64(b.seconds)
	case r.flood:
		rate, r.Doubt = s.rateWithin(r.from, r.to)
	default:
		rate = s.rateFrom(r.from, r.to)
	}
	if rate > 0 {
		r.Off = r.Rate/rate - 1
	}
	if r.Messages == 0 {
		r.Messages = r.Sent - r.unread
	}
	return r, nil
}

// cpu is the client's CPU time of a message, in microseconds.
func (r *run) cpu() float64 {
	if r.Messages == 0 {
		return math.NaN()
	}
	return r.Client.CPU.Seconds() * 1e6 / r.Messages
}

func (r *run) String() string {
	if r.Error != "" {
		return r.Contender + " failed: " + r.Error
	}
	mark := ""
	if r.Invalid {
		mark = " !"
	}
	return fmt.Sprintf("%s: %.0f messages/s, %.1f µs each%s", r.Contender, r.Rate, r.cpu(), mark)
}

// A row is the runs of one contender, without those that failed.
type row struct {
	runs            []*run
	failed, invalid int
	err             string
}

func rowOf(runs []*run, contender string) (x row) {
	for _, r := range runs {
		switch {
		case r.Contender != contender:
		case r.Error != "":
			x.failed++
			x.err = r.Error
		default:
			x.runs = append(x.runs, r)
			if r.Invalid {
				x.invalid++
			}
		}
	}
	return x
}

// median is the middle of a figure over the runs: NaN when there is none.
func (x row) median(figure func(*run) float64) float64 {
	v := x.values(figure)
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func (x row) values(figure func(*run) float64) (v []float64) {
	for _, r := range x.runs {
		if f := figure(r); f > 0 {
			v = append(v, f)
		}
	}
	return v
}

func rate(r *run) float64   { return r.Rate }
func cpu(r *run) float64    { return r.cpu() }
func memory(r *run) float64 { return float64(r.Client.RSS) / 1e6 }
func p99(r *run) float64    { return r.P99.Seconds() * 1e3 }
func others(r *run) float64 { return r.Others }
