package report

import (
	"strings"
	"testing"

	"rtbench/report/result"
)

// Text from a server must neither close the collapsed section nor break out of the code block.
func TestMarkdownEscapesHostileText(t *testing.T) {
	r := madeUpResult(t)
	c := r.Cells[0]
	c.Notes = []string{"note\n```\n</details> *note*"}
	c.Repetitions[0].Error = "</details><img src=x> *bold* [link](x)\n# head"
	c.Repetitions[0].Validity = result.Judge(c.Config, c.Repetitions[0], 4)
	c.Repetitions[1].Thresholds = []result.Outcome{{Text: "p(99) < 1ms", Error: "<b>"}}
	text := string(render(t, "md", r))
	shown, folded, _ := strings.Cut(text, "<details>")
	for _, bad := range []string{"</details>", "<img", "*bold*", "[link]", "\n# head", "<b>"} {
		if strings.Contains(shown, bad) {
			t.Errorf("%q is not escaped in\n%s", bad, shown)
		}
	}
	if !strings.Contains(folded, "\n````text\n") || !strings.HasSuffix(folded, "\n````\n\n</details>\n") {
		t.Errorf("the fence is not longer than the one in the text:\n%s", folded)
	}
}

func TestMarkdownBeginsWithTheFindings(t *testing.T) {
	good := &result.Result{Cells: []*result.Cell{madeUpCell(t, "echo", "tcp", 4000, 2, 100_000)}}
	for want, r := range map[string]*result.Result{"- **measured** · 2 repetitions": good, "- **server failed** · ": madeUpResult(t), "- **measured** · 0 repetitions": {}} {
		if got := string(render(t, "md", r)); !strings.HasPrefix(got, want) {
			t.Errorf("%.40q, want %q", got, want)
		}
	}
}
