package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rtbench/scenarios"
)

// draftFlags are those that init and bench share.
func draftFlags(f *pflag.FlagSet, d *scenarios.Draft) {
	f.StringVar(&d.Pattern, "pattern", d.Pattern, "who sends: echo, push, upload, fanout")
	f.StringVar(&d.Rate, "rate", d.Rate, "messages per second over all connections, such as 500/s, 5k/s")
	f.StringVarP(&d.Connections, "connections", "c", d.Connections, "connections, such as 100")
	f.StringVar(&d.Size, "size", d.Size, "bytes of a message, such as 128, 4KiB")
	f.StringVarP(&d.Duration, "duration", "d", d.Duration, "what is measured, such as 30s")
	f.StringVar(&d.Repetitions, "repetitions", d.Repetitions, "of each cell; from 6 on there are intervals")
	f.BoolVar(&d.Closed, "closed", false, "send the next message when the last was answered, instead of by --rate")
}

// applyDefaults changes defaults that do not go with what was said.
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
		d.Protocols = "" // those that have the pattern
		if scheme, _, found := strings.Cut(d.Address, "://"); found && schemeProtocols[scheme] != "" {
			d.Protocols = schemeProtocols[scheme]
		}
	}
	if d.Protocols == "sse" && d.API == "guide" && !f.Changed("pattern") {
		d.Pattern = "push"
	}
	if !f.Changed("rate") {
		defaultRate(d)
	}
}

// adjustCustom takes from the URL of a server of the user's own what it says.
func adjustCustom(f *pflag.FlagSet, d *scenarios.Draft) {
	if !f.Changed("protocol") {
		d.Protocols = scenarios.ProtocolOfURL(d.Address)
	}
	if strings.HasPrefix(d.Protocols, "sse") && !f.Changed("pattern") {
		d.Pattern = "push"
	}
	if d.Protocols == "grpc" && len(d.Custom.Messages) == 0 && d.Pattern != "push" {
		d.Custom.Messages = []string{`{"text":"{{randomString 20}}"}`} // of no method that is known here
	}
}

// defaultRate chooses a rate that goes with the pattern.
func defaultRate(d *scenarios.Draft) {
	_, err := strconv.Atoi(d.Connections)
	switch {
	case d.Pattern == "push" && d.API == "custom":
		d.Rate = "" // the server sets the pace
	case d.Pattern == "push" && d.API == "guide" && err == nil:
		d.Rate = d.Connections + "/s" // an event a second to each, as most servers send
	case d.Pattern == "fanout":
		d.Rate = "100/s" // of which each goes to all
	case d.API == "custom":
		d.Rate = "200/s" // of which nothing is known
	default:
		d.Rate = scenarios.DefaultDraft().Rate
	}
}

var nonNameChars = regexp.MustCompile(`[^a-z0-9]+`)

// scenarioName makes a name of a file's.
func scenarioName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if name := strings.Trim(nonNameChars.ReplaceAllString(strings.ToLower(base), "-"), "-"); name != "" {
		return name[:min(len(name), 64)]
	}
	return scenarios.DefaultDraft().Name
}

// checkDraft says what is wrong with a draft in the words of the flags; nil if nothing.
func checkDraft(d scenarios.Draft) error {
	_, err := scenarios.ParseWith("draft", d.Text(), scenarios.Options{Lookup: os.LookupEnv})
	var problems scenarios.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return flagProblems(problems)
}
