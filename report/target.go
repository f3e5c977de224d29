package report

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/report/result"
)

// insecureNotice is said first in every report of a run that did not verify the server.
const insecureNotice = "the server's certificate was NOT verified (insecure)"

// Insecure is notVerified and where, if not everywhere; empty where every certificate was.
func Insecure(r *result.Result) string {
	switch cells := r.InsecureCells(); {
	case len(cells) == 0:
		return ""
	case len(cells) == len(r.Cells):
		return insecureNotice
	default:
		return fmt.Sprintf("%s in %d of %d cells: %s", insecureNotice, len(cells), len(r.Cells), strings.Join(cells, ", "))
	}
}

// MatchCaption says how messages are matched; empty if they are not.
func MatchCaption(c result.Config) string {
	by, path, _ := strings.Cut(c.Match, " ")
	switch {
	case c.Match == "" || by == "none":
		return ""
	case c.Times != "": // nothing is answered
		return "messages numbered in " + path
	}
	return "replies matched by " + c.Match
}

// Negotiated is what the servers of WebSockets agreed to, a line for each thing.
func Negotiated(cells ...*result.Cell) []string {
	var out []string
	for _, c := range cells {
		for _, r := range c.Repetitions {
			line := result.Printable(c.Config.Protocol + " " + r.Negotiated)
			if r.Negotiated != "" && !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// deliveryNotes is what lies between the server and this machine, as arrivals show it.
func deliveryNotes(c *result.Cell) []string {
	a := c.Arrivals()
	if a == nil {
		return nil
	}
	var lines []string
	if share, held := a.Bunching(); held {
		lines = append(lines, fmt.Sprintf("held back on the way: %.0f %% of the messages came together though stamped apart (a proxy that buffers, or a client that waits for a core?)", 100*share))
	}
	if a.Refused != "" {
		lines = append(lines, "one-way times refused: "+result.Printable(a.Refused))
	}
	return lines
}

// ServerMetricsSource says where the server's own figures came from, empty where it is rtbench's
// own server or another contract's.
func ServerMetricsSource(r *result.Result) string {
	var sources []string
	own, unknown := 0, 0
	for _, c := range r.Cells {
		if c.Config.API != result.CustomAPI {
			continue
		}
		for _, rep := range c.Repetitions {
			switch own++; {
			case !rep.Server.Known:
				unknown++
			case rep.Server.Source != "" && !slices.Contains(sources, rep.Server.Source):
				sources = append(sources, rep.Server.Source)
			}
		}
	}
	switch {
	case own == 0:
		return ""
	case unknown == own:
		return "the server's own figures are not known (target.stats): CPU and memory are the client's alone"
	}
	text := "the server's own figures are from " + orUnknown(strings.Join(sources, " and "))
	if unknown > 0 {
		text += fmt.Sprintf(", and not known in %d of %d repetitions", unknown, own)
	}
	return text
}
