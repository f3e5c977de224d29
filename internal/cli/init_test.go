package cli

import (
	"bufio"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
)

// ask runs the dialog of init with answers, one per line.
func ask(t *testing.T, answers string, flags ...string) (scenarios.Settings, string, error) {
	t.Helper()
	d := initFlags{settings: scenarios.DefaultSettings()}
	c := new(cobra.Command)
	registerKeys(c, d.settings)
	if err := c.ParseFlags(flags); err != nil {
		t.Fatal(err)
	}
	applyDefaults(c.Flags(), d.settings)
	var out strings.Builder
	err := d.ask(c.Flags(), bufio.NewReader(strings.NewReader(answers)), &out)
	return d.settings, out.String(), err
}

func TestAskUsesDefaultsAndRepeatsInvalid(t *testing.T) {
	d, out, err := ask(t, "ticks\n\n\nfan\nfanout\nws\nwebsocket, sse\n10/s,20/s\n\n4KiB\n3\n3s\n")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := d.Parse("init", "", scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "ticks" || s.Pattern != "fanout" || len(s.Protocols) != 2 || len(s.Cells()) != 4 || s.Size != 4096 || s.Steady.Seconds() != 3 {
		t.Errorf("%s", s.Source)
	}
	for _, want := range []string{`did you mean "fanout"?`, `did you mean "websocket"?`, "did you mean 3s?"} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %s:\n%s", want, out)
		}
	}
}

// A bare https URL selects the guide's API over SSE.
func TestAskWithTargetURL(t *testing.T) {
	d, out, err := ask(t, "a\nhttps://example.org\n\n\n\n\n\n\n\n\n")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if d.Get("api") != "guide" || d.Get("protocol") != "sse" || d.Get("pattern") != "push" || d.Get("rate") != "16/s" {
		t.Errorf("%+v", d)
	}
}

func TestAskWithoutAnswers(t *testing.T) {
	if _, _, err := ask(t, "a\n"); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("got %v", err)
	}
}

func TestAskSkipsSetFlags(t *testing.T) {
	_, out, _ := ask(t, strings.Repeat("\n", 20), "--rate", "1k/s", "--name", "a")
	if strings.Contains(out, "Name [") || strings.Contains(out, "Messages per second") {
		t.Errorf("asked although the flag is set:\n%s", out)
	}
}
