package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite docs/commands.md")

const commandsFile = "../../docs/commands.md"

func TestCommandReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Reference of the commands\n\nGenerated from the program: the text of `rtbench COMMAND --help`.\n")
	commandHelp(&b, root(&cpuProfile{}))
	want := b.String()
	if *update {
		if err := os.WriteFile(commandsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(commandsFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(have), want); d != "" {
		t.Errorf("%s is outdated; run with -update if intended (-file +program):\n%s", commandsFile, d)
	}
}

// commandHelp writes the help of a command and of those below it.
func commandHelp(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "completion" || c.Name() == "help" {
		return
	}
	c.InitDefaultHelpFlag()
	fmt.Fprintf(b, "\n## %s\n\n", c.CommandPath())
	intro := c.Long
	if intro == "" {
		intro = c.Short + "."
	}
	fmt.Fprintf(b, "```text\n%s\n\n%s```\n", strings.TrimSpace(intro), c.UsageString())
	for _, sub := range c.Commands() {
		commandHelp(b, sub)
	}
}
