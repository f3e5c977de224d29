package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rtbench/proto"
	"rtbench/scenarios"
)

// draftFlags registers the flags that init and bench share.
func draftFlags(f *pflag.FlagSet, d *scenarios.Draft) {
	f.StringVar(&d.Pattern, "pattern", d.Pattern, "traffic `PATTERN`: echo, push, upload, fanout")
	f.StringVar(&d.Rate, "rate", d.Rate, "`RATE` over all connections in messages per second, such as 500/s or 5k/s")
	f.StringVarP(&d.Connections, "connections", "c", d.Connections, "`NUMBER` of connections")
	f.StringVar(&d.Size, "size", d.Size, "message `SIZE`, such as 128 or 4KiB")
	f.StringVarP(&d.Duration, "duration", "d", d.Duration, "`DURATION` of the steady phase, such as 30s")
	f.StringVar(&d.Repetitions, "repetitions", d.Repetitions, "`NUMBER` of repetitions per cell; 6 or more give confidence intervals")
	f.BoolVar(&d.Closed, "closed", false, "closed loop: send the next message when the reply arrives, instead of at --rate")
}

// applyDefaults adapts the defaults of unset flags to the flags that are set.
func applyDefaults(f *pflag.FlagSet, d *scenarios.Draft) {
	if !f.Changed("api") {
		switch {
		case scenarios.OnlyCustom(d.Address):
			d.API = "custom"
		case strings.Contains(d.Address, "://") && !strings.HasPrefix(d.Address, "http://"):
			d.API = "guide"
		}
	}
	if d.API == "custom" {
		adjustCustom(f, d)
	}
	if d.API == "guide" && !f.Changed("protocol") {
		d.Protocols = "" // all that support the pattern
		if scheme, _, found := strings.Cut(d.Address, "://"); found && proto.SchemeByName(scheme).Protocol != "" {
			d.Protocols = proto.SchemeByName(scheme).Protocol
		}
	}
	if d.Protocols == "sse" && d.API == "guide" && !f.Changed("pattern") {
		d.Pattern = "push"
	}
	if !f.Changed("rate") {
		defaultRate(d)
	}
}

// adjustCustom sets protocol and pattern from the URL of a custom target.
func adjustCustom(f *pflag.FlagSet, d *scenarios.Draft) {
	if !f.Changed("protocol") {
		d.Protocols = scenarios.ProtocolOfURL(d.Address)
	}
	if strings.HasPrefix(d.Protocols, "sse") && !f.Changed("pattern") {
		d.Pattern = "push"
	}
	if d.Protocols == "grpc" && len(d.Custom.Messages) == 0 && d.Pattern != "push" {
		d.Custom.Messages = []string{`{"text":"{{randomString 20}}"}`} // the method's schema is unknown here
	}
}

// defaultRate sets the rate that suits API and pattern.
func defaultRate(d *scenarios.Draft) {
	_, err := strconv.Atoi(d.Connections)
	switch {
	case d.Pattern == "push" && d.API == "custom":
		d.Rate = "" // the server sets the rate
	case d.Pattern == "push" && d.API == "guide" && err == nil:
		d.Rate = d.Connections + "/s" // one event per second and stream, as most servers send
	case d.Pattern == "fanout":
		d.Rate = "100/s" // each goes to all subscribers
	case d.API == "custom":
		d.Rate = "200/s" // a cautious rate for an unknown server
	default:
		d.Rate = scenarios.DefaultDraft().Rate
	}
}

var nonNameChars = regexp.MustCompile(`[^a-z0-9]+`)

// scenarioName derives a scenario name from a file name.
func scenarioName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if name := strings.Trim(nonNameChars.ReplaceAllString(strings.ToLower(base), "-"), "-"); name != "" {
		return name[:min(len(name), 64)]
	}
	return scenarios.DefaultDraft().Name
}

// checkDraft validates a draft and reports problems in terms of flags.
func checkDraft(d scenarios.Draft) error {
	_, err := scenarios.ParseWith("draft", d.Text(), scenarios.Options{Lookup: os.LookupEnv})
	var problems scenarios.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return flagProblems(problems)
}
