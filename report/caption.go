package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report/result"
)

func Title(c result.Config) string {
	load := "closed loop"
	if c.Model == result.ServerPaced {
		load = "at the server's pace"
	}
	if c.Model == "open" {
		load = fmt.Sprintf("open loop, %s %s", rate(c.Rate), c.Arrivals)
		for _, s := range c.Stages {
			load += fmt.Sprintf(" → %s in %v", rate(s.To), s.Over)
		}
	}
	if c.Think > 0 {
		load += fmt.Sprintf(", think %v", c.Think)
	}
	conns := result.Plural(c.Connections, "connection")
	if c.Streams > 1 {
		conns += fmt.Sprintf(" × %d streams", c.Streams)
	}
	how := ""
	if c.TLS {
		how = ", TLS"
	}
	if c.Engine != "" {
		how += ", server engine " + c.Engine
	}
	if c.Times != "" {
		how += " · " + c.TimeName() // these are never beside others
	}
	return fmt.Sprintf("%s · %s · %s · %s · %s%s", c.Scenario, c.Pattern, load, conns, Payload(c), how)
}

// Payload is how large a message is and what it is made of; the size of one that only a
// server of the user's own knows is left out.
func Payload(c result.Config) string {
	if c.Size == 0 && c.API == result.CustomAPI {
		return c.Encoding
	}
	return fmt.Sprintf("%d B %s", c.Size, c.Encoding)
}

// caption says what the figures of a group are.
func (g *group) caption() string {
	told := MatchCaption(g.cells[0].Config)
	if told != "" {
		told = "; " + told
	}
	agreed := strings.Join(Negotiated(g.cells...), "; ")
	if agreed != "" {
		agreed = "\nagreed on with the server: " + agreed
	}
	return fmt.Sprintf("%s%s; repetitions: %d, their histograms merged, other figures the median%s%s%s",
		TimesCaption(g.cells...), told, len(g.cells[0].Repetitions), g.engines()+g.batches(), agreed, g.partly())
}

// partly ends the caption with the number of repetitions in which times are not usable.
func (g *group) partly() string {
	var parts []string
	for _, c := range g.cells {
		all := len(c.Values(func(*result.Repetition) float64 { return 0 }))
		names, last := "", all
		for _, p := range timePercentiles {
			have := len(c.Values(func(r *result.Repetition) float64 {
				if !r.UsableTime(p) {
					return math.NaN()
				}
				return 0
			}))
			if have != last {
				name := TimeMetricName(c.Config, result.MetricName(p))
				if p < result.Maximum {
					name += " and above"
				}
				names += fmt.Sprintf(", %s in %d", name, all-have)
				last = have
			}
		}
		if names != "" {
			parts = append(parts, fmt.Sprintf("%s%s of %s", c.Config.Protocol, strings.TrimPrefix(names, ","), result.Plural(all, "repetition")))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "\ntimes not usable (the reasons are at the top; ≤ is an upper bound): " + strings.Join(parts, "; ")
}

// engines says what received, where that is known.
func (g *group) engines() string {
	var kinds []string
	protocols := map[string][]string{}
	for _, c := range g.cells {
		r := c.Repetitions[0]
		if r.Client.Engine == "" {
			continue
		}
		kind := "client " + r.Client.Engine
		if r.Server.Engine != "" {
			kind += ", server " + r.Server.Engine
		}
		if protocols[kind] == nil {
			kinds = append(kinds, kind)
		}
		protocols[kind] = append(protocols[kind], c.Config.Protocol)
	}
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%s (%s)", kind, strings.Join(protocols[kind], ", "))
	}
	if len(kinds) == 0 {
		return ""
	}
	return "\nreceived by " + strings.Join(kinds, "; ")
}

// batches ends the caption with the meaning of msg/s for calls of several messages.
func (g *group) batches() string {
	for _, c := range g.cells {
		if n := c.Config.Batch; n > 1 {
			text := fmt.Sprintf("\n%s: each call sends %d messages; msg/s and all message counts are of calls", c.Config.Protocol, n)
			if rate := median((*result.Repetition).Throughput)(newRow(c)); !math.IsNaN(rate) {
				text += fmt.Sprintf(" (%s calls/s = %s messages/s on the wire)", result.Count(rate), result.Count(rate*float64(n)))
			}
			return text
		}
	}
	return ""
}

// TimesCaption says what the times of cells of one title are, and from when they count.
func TimesCaption(cells ...*result.Cell) string {
	c := cells[0].Config
	switch {
	case c.Times == result.TimesOneWay:
		return fmt.Sprintf("%s (server's stamp, %s)", c.TimeName(), clocks(cells))
	case c.Times == result.TimesGap:
		return c.TimeName() + " on a stream"
	case c.Model != "open":
		return c.TimeName() + " from when it was sent" // a closed loop has no plan to be late by
	}
	return c.TimeName() + " from when a message was due"
}

// clocks says how far apart the clocks of the two sides may be.
func clocks(cells []*result.Cell) string {
	var bound time.Duration
	var unknown []string
	for _, c := range cells {
		if a := c.Arrivals(); a != nil && a.Bound >= 0 {
			bound = max(bound, a.Bound)
		} else if !slices.Contains(unknown, c.Config.Protocol) {
			unknown = append(unknown, c.Config.Protocol)
		}
	}
	text := "of the same clock"
	switch {
	case len(unknown) > 0 && bound == 0:
		return "how far the clocks are apart is not known"
	case bound > 0:
		text = "clocks within ±" + result.Duration(float64(bound))
	}
	if len(unknown) > 0 {
		text += ", not known of " + strings.Join(unknown, ", ")
	}
	return text
}

// TimeMetricName names a figure of the times, such as p50: of gaps it says so, since they are no
// latency.
func TimeMetricName(c result.Config, figure string) string {
	if c.Times == result.TimesGap {
		return "gap " + figure
	}
	return figure
}
