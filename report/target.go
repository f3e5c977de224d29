package report

import (
	"cmp"
	"fmt"
	"strings"

	"rtbench/report/result"
)

// insecureNotice comes first in every report of a run that did not verify the server's certificate.
const insecureNotice = "the server's certificate was NOT verified (insecure)"

// Insecure returns insecureNotice, with the affected cells if only some are; empty if all
// certificates were verified.
func Insecure(r *result.Result) string {
	var cells []string
	for _, c := range r.Cells {
		if c.Config.Insecure {
			cells = append(cells, c.ID)
		}
	}
	switch {
	case len(cells) == 0:
		return ""
	case len(cells) == len(r.Cells):
		return insecureNotice
	default:
		return fmt.Sprintf("%s in %d of %d cells: %s", insecureNotice, len(cells), len(r.Cells), strings.Join(cells, ", "))
	}
}

// MatchCaption describes how replies are matched; empty if they are not.
func MatchCaption(c result.Config) string {
	by, path, _ := strings.Cut(c.Match, " ")
	switch {
	case c.Match == "" || by == "none":
		return ""
	case c.Times != "": // unsolicited messages
		return "messages numbered in " + path
	}
	return "replies matched by " + c.Match
}

// Negotiated lists the subprotocols and compression that WebSocket servers accepted.
func (g *Group) Negotiated() []string {
	var out []string
	for _, c := range g.Cells {
		for _, r := range c.Repetitions {
			if r.Negotiated != "" {
				out = append(out, result.Printable(c.Config.Protocol+" "+r.Negotiated))
			}
		}
	}
	return result.Unique(out)
}

// Besides counts the messages of custom targets that are not measured on purpose, over all repetitions.
func (g *Group) Besides() (out []string) {
	for _, c := range g.Cells {
		var all []result.Counters
		for _, r := range c.Repetitions {
			all = append(all, r.Counters)
		}
		n := result.Sum(all...)
		if parts := nonZero([]count{{n.Ignored, "ignored"}, {n.Answers, "answers sent"}, {n.Heartbeats, "heartbeats sent"}}); len(parts) > 0 {
			out = append(out, c.Config.Protocol+" "+strings.Join(parts, ", "))
		}
		if text := pings(c.Cell); text != "" {
			out = append(out, c.Config.Protocol+" "+text)
		}
	}
	return out
}

// ServerMetricsSource names the source of a custom target's own metrics; empty for other servers.
func ServerMetricsSource(r *result.Result) string {
	var sources []string
	repetitions, unknown := 0, 0
	for _, c := range r.Cells {
		if c.Config.API != result.CustomAPI {
			continue
		}
		for _, rep := range c.Repetitions {
			switch repetitions++; {
			case !rep.Server.Known:
				unknown++
			case rep.Server.Source != "":
				sources = append(sources, rep.Server.Source)
			}
		}
	}
	switch {
	case repetitions == 0:
		return ""
	case unknown == repetitions:
		return "the server's metrics are unknown (target.stats): CPU and memory are the client's only"
	}
	text := "the server's metrics are from " + cmp.Or(strings.Join(result.Unique(sources), " and "), "unknown")
	if unknown > 0 {
		text += fmt.Sprintf("; unknown in %d of %d repetitions", unknown, repetitions)
	}
	return text
}

// pings describes the pings of all repetitions of a cell; empty if there were none.
func pings(c *result.Cell) string {
	var all result.Pings
	for _, r := range c.Repetitions {
		all = all.Plus(r.Pings)
	}
	switch {
	case all.Sent == 0:
		return ""
	case all.Answered == 0:
		return result.Plural(all.Sent, "ping") + " sent, none answered"
	}
	return fmt.Sprintf("%s sent, %s answered after %s on average, at most %s", result.Plural(all.Sent, "ping"), result.Grouped(all.Answered), result.Duration(float64(all.Mean)), result.Duration(float64(all.Longest)))
}
