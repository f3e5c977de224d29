package scenarios

import (
	"fmt"
	"strings"

	"rtbench/scenarios/cell"
)

// CustomSummary describes a custom target without secrets, for plans. The zero value is for other
// APIs.
type CustomSummary struct {
	// URLs by protocol, redacted.
	To []string `json:"to,omitempty"`
	// Names of credentials: header, cookie, bearer and so on.
	As []string `json:"as,omitempty"`
	// Descriptions of the messages, the matching of replies and the steps.
	Sends   string `json:"sends,omitempty"`
	Matches string `json:"matches,omitempty"`
	Steps   string `json:"steps,omitempty"`
	// TLS certificates are not verified.
	Unverified bool `json:"unverified,omitempty"`
}

// customSummary returns the summary; the zero value if the API is not custom.
func (s *Scenario) customSummary() CustomSummary {
	o := s.Custom
	if s.API != cell.Custom {
		return CustomSummary{}
	}
	t := CustomSummary{Unverified: o.TLS.Insecure}
	if len(s.Groups) == 0 {
		t.Sends, t.Matches, t.Steps = s.sends(), s.matches(), o.stepWords()
	}
	for _, name := range s.Protocols {
		if e := o.Endpoints[name]; e != nil {
			t.To = append(t.To, fmt.Sprintf("%s %s", name, e.public))
		}
	}
	for _, named := range []struct {
		what  string
		pairs []Pair
	}{{"header", o.Headers}, {"cookie", o.Cookies}, {"query", o.Query}} {
		t.As = append(t.As, pairNames(named.what, named.pairs)...)
	}
	switch b := o.Bearer; {
	case b.Env != "":
		t.As = append(t.As, "bearer from variable "+b.Env)
	case b.File != "":
		t.As = append(t.As, "bearer from file "+b.File)
	case len(b.Command) > 0:
		t.As = append(t.As, "bearer from the output of "+b.Command[0])
	}
	if o.TLS.Cert != "" {
		t.As = append(t.As, "certificate "+o.TLS.Cert)
	}
	return t
}

// pairNames lists the names of pairs, each once, with the number of values.
func pairNames(what string, pairs []Pair) (names []string) {
	count := map[string]int{}
	for _, p := range pairs {
		count[strings.ToLower(p.Name)]++
	}
	for _, p := range pairs {
		switch n := count[strings.ToLower(p.Name)]; {
		case n > 1:
			names = append(names, fmt.Sprintf("%s %s (%d values)", what, p.Name, n))
		case n == 1:
			names = append(names, what+" "+p.Name)
		}
		count[strings.ToLower(p.Name)] = 0
	}
	return names
}

func (s *Scenario) sends() string {
	switch n := len(s.Custom.Messages); {
	case s.paced() && n == 0:
		return "nothing; the server sets the pace"
	case s.paced():
		return "one message to open a call, then the server sets the pace"
	case n == 0:
		return "rtbench's own message, which the server must echo unchanged"
	case n == 1:
		return s.Custom.Messages[0].String()
	default:
		var each []string
		for _, m := range s.Custom.Messages[:min(n, 3)] {
			each = append(each, m.String())
		}
		if n > 3 {
			each = append(each, "…")
		}
		order := "in turn"
		if s.Custom.Weights() != nil {
			order = "by weight"
		}
		return fmt.Sprintf("%d messages %s: %s", n, order, strings.Join(each, ", "))
	}
}

// paced reports whether the server sets the pace.
func (s *Scenario) paced() bool { return s.Model == cell.ServerPaced }

func (s *Scenario) matches() string {
	m, words := s.Custom.Match, ""
	switch m.By {
	case "header":
		words = "matched by rtbench's header, echoed"
		if m.Field != "" {
			words += " in " + m.Field
		}
	case "field":
		words = "matched by number or UUID in " + m.Field
		if m.After != "" {
			words = "matched by number or UUID after " + m.After
		}
	case "order":
		words = "matched by order"
	default:
		words = "not matched"
	}
	if at := s.Custom.Stamp; at.Field != "" {
		words += fmt.Sprintf("; server time in %s (%s)", at.Field, at.Unit)
	}
	return words
}

func (o *Target) stepWords() string {
	var words []string
	for _, st := range o.Opening {
		words = append(words, st.Do)
	}
	if len(o.Opening)+len(o.Closing) == 0 {
		return ""
	}
	words = append(words, loadStep)
	for _, st := range o.Closing {
		words = append(words, st.Do)
	}
	return strings.Join(words, ", ")
}
