package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A run is the result of one run of a contender.
type run struct {
	Work       string `json:"work"`
	Contender  string `json:"contender"`
	Repetition int    `json:"repetition"`
	Order      int    `json:"order"` // within the work; shows the interleaving

	Rate float64 `json:"messages_per_second"`
	// Messages counts all messages that the client received; its CPU time covers all of them.
	Messages float64       `json:"messages"`
	P50      time.Duration `json:"p50_ns,omitempty"` // 0 if the tool does not report it
	P99      time.Duration `json:"p99_ns,omitempty"`
	Client   usage         `json:"client"`
	Server   usage         `json:"server"`
	// Sent is the number of messages sent according to the server, if it is rtbench's.
	Sent float64 `json:"server_sent,omitempty"`
	// Off is the relative difference between the client's count and the server's: 0.01 is 1 %
	// more. Doubt is the uncertainty of the server's.
	Off   float64 `json:"off,omitempty"`
	Doubt float64 `json:"off_doubt,omitempty"`
	// Others is the share of the machine used by other programs or by other machines on the
	// same host: 0.1 is a tenth.
	Others float64 `json:"others,omitempty"`
	// Invalid reports that the tool considers its own result invalid.
	Invalid bool   `json:"invalid,omitempty"`
	Error   string `json:"error,omitempty"`

	// exact reports that Messages counts everything the server sent. Otherwise Rate covers
	// [from, to), and without those both are the server's.
	exact    bool
	from, to time.Time
	unread   float64 // sent by the server but not received
}

// tolerated is the largest difference between the counts of client and server that needs no
// note.
const tolerated = 0.03

// onServer runs load against a fresh `rtbench serve`.
func (b *bench) onServer(ctx context.Context, stack string, load func(*server) (*run, error)) (*run, error) {
	s, err := b.serve(ctx, stack)
	if err != nil {
		return nil, err
	}
	r, err := load(s)
	used := s.end()
	if err != nil {
		return r, err
	}
	r.Server, r.Sent = used, s.sent()
	switch {
	case r.exact && r.Sent > 0:
		r.Off = r.Messages/r.Sent - 1
	case r.from.IsZero():
		r.Rate = r.Sent / float64(b.seconds)
	default:
		if rate, doubt := s.rateWithin(r.from, r.to); rate > 0 {
			r.Off, r.Doubt = r.Rate/rate-1, doubt
		}
	}
	if r.Messages == 0 {
		r.Messages = r.Sent - r.unread
	}
	return r, nil
}

// cpu returns the client's CPU time per message in microseconds.
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

// A row holds the successful runs of one contender.
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

// median returns the median of a value over the runs, NaN if there are none.
func (x row) median(value func(*run) float64) float64 {
	v := x.values(value)
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func (x row) values(value func(*run) float64) (v []float64) {
	for _, r := range x.runs {
		if f := value(r); f > 0 {
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
