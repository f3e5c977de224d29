package report

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/report/result"
)

// Title describes the load of a cell without its protocol. Cells with the same title are comparable.
func Title(c result.Config) string { return partsOf(c).title() }

// The parts of a title; those between pattern and times are the load.
const (
	scenarioPart = iota
	patternPart
	ratePart
	connectionsPart
	payloadPart
	networkPart // empty without an emulated one
	stackPart   // empty if it goes without saying
	withoutPart // the group that is left out, or how long users stay, of a scenario that compares with and without
	timesPart   // of other times than those of responses and deliveries
)

// parts are the parts of a title, some of them empty.
type parts [timesPart + 1]string

// title joins the parts.
func (p parts) title() string {
	return strings.Join(slices.DeleteFunc(p[:], func(part string) bool { return part == "" }), " · ")
}

func partsOf(c result.Config) (p parts) {
	p[scenarioPart], p[patternPart] = c.Scenario, c.Pattern
	if c.Group != "" {
		p[patternPart] = c.Group + ": " + c.Pattern
	}
	if c.From != "" {
		p[patternPart] += " from " + c.From
	}
	p[ratePart] = "closed loop"
	if c.Model == result.ServerPaced {
		p[ratePart] = "server-paced"
	}
	if c.Model == "open" {
		p[ratePart] = fmt.Sprintf("open loop, %s %s", rate(c.Rate), c.Arrivals)
		for _, s := range c.Stages {
			p[ratePart] += " → " + stageText(s)
		}
		if c.HasWave() {
			p[ratePart] += ", " + c.Wave
		}
	}
	p[ratePart] += answerText(c.Tokens)
	if c.Think.Most() > 0 {
		p[ratePart] += fmt.Sprintf(", think %v", c.Think)
	}
	p[connectionsPart] = connections(c)
	p[payloadPart] = payload(c)
	if c.TLS {
		p[payloadPart] += ", TLS"
	}
	if text := c.NetworkText(); text != "" {
		p[networkPart] = "network " + text
	}
	if c.Read.Slow() {
		p[payloadPart] += ", read " + c.Read.String()
	}
	if c.API == "" && c.Stack != "" && c.Stack != proto.Stock || strings.Contains(c.Axes, "stack=") {
		p[stackPart] = "stack " + c.Stack
	}
	switch stay := stayOf(c); {
	case stay != "":
		p[withoutPart] = "stay " + stay
	case c.Without != "":
		p[withoutPart] = "without " + c.Without
	case strings.Contains(c.Axes, "without="):
		p[withoutPart] = "with all groups"
	}
	if c.Times != "" {
		p[timesPart] = c.TimeName() // never in one group with other times
	}
	return p
}

// answerText describes the planned answers; empty if there are none.
func answerText(a result.Tokens) string {
	if a.Count == 0 {
		return ""
	}
	return fmt.Sprintf(", answers of %d tokens (after %v, then every %v)", a.Count, a.First, a.Every)
}

// connections describes the connections and how they are opened.
func connections(c result.Config) string {
	text := result.Plural(c.Connections, "connection")
	if c.Streams > 1 {
		text += fmt.Sprintf(" × %d streams", c.Streams)
	}
	if c.Connecting != "" {
		text += " opened " + c.ConnectWords()
	}
	if c.HasPolicy() && strings.Contains(c.Axes, "policy=") {
		text += ", reconnect " + c.Reconnect.Policy
	}
	if words := c.JoinWords(); words != "" && !strings.Contains(c.Axes, "stay=") {
		text += ", users come and go: " + words
	}
	if c.Rooms > 1 {
		text += fmt.Sprintf(" in %d rooms", c.Rooms)
	}
	return text
}

// stayOf returns how long the users of a group stay, where that is an axis; otherwise empty.
func stayOf(c result.Config) string {
	for axis := range strings.SplitSeq(c.Axes, "/") {
		if stay, ok := strings.CutPrefix(axis, "stay="); ok {
			return stay
		}
	}
	return ""
}

// stageText describes how the rate changes.
func stageText(s result.Stage) string {
	if s.Step {
		return fmt.Sprintf("%s for %v", rate(s.To), s.Over)
	}
	return fmt.Sprintf("%s in %v", rate(s.To), s.Over)
}

// payload describes the size and encoding of messages. The size is left out if only the custom
// target knows it.
func payload(c result.Config) string {
	if c.Size == 0 && c.API == result.CustomAPI {
		return c.Encoding
	}
	return fmt.Sprintf("%d B %s", c.Size, c.Encoding)
}
