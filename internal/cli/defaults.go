package cli

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rtbench/proto"
	"rtbench/scenarios"
)

// applyDefaults adapts the defaults of unset flags to the flags that are set.
func applyDefaults(f *pflag.FlagSet, s scenarios.Settings) {
	target := s.Get("target")
	if !f.Changed("api") {
		switch {
		case scenarios.OnlyCustom(target) || s.TargetFlag() != "":
			s.Put("api", "custom")
		case strings.Contains(target, "://") && !strings.HasPrefix(target, "http://"):
			s.Put("api", "guide")
		default:
			s.Put("api", "reference")
		}
	}
	scheme, _, _ := strings.Cut(target, "://")
	if !f.Changed("protocol") && s.Get("api") != "reference" {
		s.Put("protocol", proto.SchemeByName(scheme).Protocol) // guide: empty for all that support the pattern
	}
	defaultPattern(f, s)
	if !f.Changed("rate") {
		defaultRate(s)
	}
}

// defaultPattern sets pattern push for events from a server that takes no messages.
func defaultPattern(f *pflag.FlagSet, s scenarios.Settings) {
	if !f.Changed("pattern") && proto.Posts(s.Get("protocol")) && s.Get("api") != "reference" && s["post"] == nil {
		s.Put("pattern", "push")
	}
}

// defaultRate sets the rate that suits API and pattern.
func defaultRate(s scenarios.Settings) {
	pattern, api, rate := s.Get("pattern"), s.Get("api"), "4k/s"
	_, err := strconv.Atoi(s.Get("connections"))
	switch {
	case s["closed"] != nil, pattern == "push" && api == "custom":
		rate = "" // the server sets the rate
	case pattern == "push" && api == "guide" && err == nil:
		rate = s.Get("connections") + "/s" // one event per second and stream, as most servers send
	case pattern == "fanout":
		rate = "100/s" // each goes to all subscribers
	case api == "custom":
		rate = "200/s" // a cautious rate for an unknown server
	}
	s.Put("rate", rate)
}

// scenarioName derives a scenario name from a file name.
func scenarioName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	return cmp.Or(scenarios.NameFrom(base), scenarios.DefaultSettings().Get("name"))
}
