package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"rtbench/internal/golden"
)

func TestCommandReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Reference of the commands\n\nGenerated from the program: the text of `rtbench COMMAND --help`.\n")
	commandHelp(&b, root(&cpuProfile{}))
	golden.Check(t, "../../docs/commands.md", b.String())
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
