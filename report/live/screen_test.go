package live

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A terminal interprets the escape sequences of a screen and has unlimited rows.
type terminal struct {
	lines  [][]rune
	x, y   int
	hidden bool
	noWrap bool
}

func (p *terminal) Write(b []byte) (int, error) {
	text := string(b)
	for text != "" {
		if len(p.lines) <= p.y {
			p.lines = append(p.lines, nil)
		}
		code := false
		for sequence, do := range map[string]func(){
			"\x1b[2K": func() { p.lines[p.y] = nil }, "\x1b[A": func() { p.y = max(0, p.y-1) },
			"\x1b[?25l": func() { p.hidden = true }, "\x1b[?25h": func() { p.hidden = false },
			"\x1b[?7l": func() { p.noWrap = true }, "\x1b[?7h": func() { p.noWrap = false },
			"\r": func() { p.x = 0 }, "\n": func() { p.y++ },
		} {
			if rest, ok := strings.CutPrefix(text, sequence); ok {
				do()
				text, code = rest, true
				break
			}
		}
		if code {
			continue
		}
		if text[0] == '\x1b' {
			return 0, fmt.Errorf("unknown escape sequence %q", text)
		}
		r := []rune(text)[0]
		line := p.lines[p.y]
		for len(line) <= p.x {
			line = append(line, ' ')
		}
		line[p.x] = r
		p.lines[p.y], p.x, text = line, p.x+1, text[len(string(r)):]
	}
	return len(b), nil
}

func (p *terminal) text() []string {
	var out []string
	for _, l := range p.lines {
		out = append(out, strings.TrimRight(string(l), " "))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// Drawing keeps earlier output and permanent lines, replaces the rows, and leaves the cursor visible at
// the beginning of an empty line.
func TestDrawReplacesOnlyTheRows(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		p := &terminal{}
		fmt.Fprint(p, "before\r\n")
		s := &screen{out: p, reflows: rapid.Bool().Draw(t, "reflows")}
		want := []string{"before"}
		for range rapid.IntRange(1, 12).Draw(t, "frames") {
			if rapid.Bool().Draw(t, "typed") {
				fmt.Fprint(p, "^C")
			}
			kept, rows := rapid.SliceOfN(word, 0, 3).Draw(t, "kept"), rapid.SliceOfN(word, 0, 9).Draw(t, "rows")
			var list []row
			for _, r := range rows {
				list = append(list, row{{r, plain}})
			}
			s.draw(kept, list, 80)
			want = append(want, kept...)
			// The next drawing erases typed text, but does not happen if nothing changed.
			got := slices.DeleteFunc(p.text(), func(l string) bool { return strings.HasPrefix(l, "^C") })
			if d := cmp.Diff(slices.Concat(want, rows), got); d != "" {
				t.Fatal(d)
			}
			if p.hidden || p.noWrap {
				t.Fatal("the cursor is hidden, or lines do not wrap, after a drawing")
			}
		}
		s.draw([]string{"end"}, nil, 80)
		if d := cmp.Diff(append(want, "end"), p.text()); d != "" {
			t.Fatal(d)
		}
		if p.x != 0 || p.y != len(want)+1 {
			t.Fatalf("cursor at %d, %d", p.x, p.y)
		}
	})
}

func TestDrawWritesNothingIfUnchanged(t *testing.T) {
	var out strings.Builder
	s := &screen{out: &out}
	rows := []row{{{"a", bold}}}
	s.draw(nil, rows, 80)
	n := out.Len()
	s.draw(nil, rows, 80)
	if out.Len() != n {
		t.Errorf("wrote %q again", out.String()[n:])
	}
}

// On a terminal that reflows, rows wider than the narrowed window take more lines.
func TestNarrowedWindow(t *testing.T) {
	rows := []row{{{strings.Repeat("a", 50), plain}}, {{strings.Repeat("b", 20), plain}}}
	for reflow, want := range map[bool]int{true: 4, false: 2} {
		var out strings.Builder
		s := &screen{out: &out, reflows: reflow}
		s.draw(nil, rows, 80)
		out.Reset()
		s.draw(nil, rows, 20)
		if got := strings.Count(out.String(), "\x1b[A"); got != want {
			t.Errorf("reflows %v: %d lines up, want %d", reflow, got, want)
		}
	}
	for name, want := range map[string]bool{"tmux-256color": true, "xterm-256color": true, "linux": false, "rxvt-unicode": false} {
		if got := reflows(func(k string) string { return map[string]string{"TERM": name}[k] }); got != want {
			t.Errorf("TERM=%s reflows: %v", name, got)
		}
	}
	if reflows(func(k string) string { return map[string]string{"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}[k] }) {
		t.Error("XTerm reflows")
	}
}

// BenchmarkDraw measures a complete drawing; the view makes four a second.
func BenchmarkDraw(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	s := &screen{out: null, colour: true}
	v, now := sampleRun()
	for range keepRates {
		v.history = append(v.history, float64(len(v.history)))
	}
	b.ReportAllocs()
	for b.Loop() {
		s.last = ""
		s.draw(nil, v.lines(80, 24, now), 80)
	}
}
