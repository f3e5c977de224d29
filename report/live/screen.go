package live

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A screen draws rows on a terminal and draws over them the next time, in the scrollback
// and not on a screen of its own. It reads nothing from the terminal and changes none of
// its modes, so that Ctrl-C is the signal it always is. One goroutine uses it.
type screen struct {
	out     io.Writer
	size    func() (width, height int)
	colour  bool
	reflows bool  // a narrower window wraps what is on it
	drawn   []int // the width of each row that is there now
	last    string
}

// draw writes lines that stay, and below them rows in place of those before, with one
// write. What is there already is not written again.
func (s *screen) draw(kept []string, rows []row, width int) {
	block := s.block(rows)
	if len(kept) == 0 && block == s.last && s.fits(width) {
		return
	}
	var b strings.Builder
	// The cursor is hidden, and lines do not wrap, only within this write.
	b.WriteString("\x1b[?25l" + s.erase(width))
	for _, line := range kept {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\x1b[?7l" + block + "\x1b[?7h\x1b[?25h")
	_, _ = io.WriteString(s.out, b.String())
	s.last, s.drawn = block, s.drawn[:0]
	for _, r := range rows {
		s.drawn = append(s.drawn, r.width())
	}
}

// block is the rows as they are written.
func (s *screen) block(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text(s.colour) + "\r\n")
	}
	return b.String()
}

// erase erases the rows that are there, and what was typed since, and moves the cursor to
// where they began. It goes line by line: written over, a terminal may still hold lines for
// parts of longer ones, and some keep a copy of a screen that is erased at once.
func (s *screen) erase(width int) string {
	up := 0
	for _, w := range s.drawn {
		up++
		if s.reflows && width > 0 && w > width {
			up += (w - 1) / width
		}
	}
	return "\r\x1b[2K" + strings.Repeat("\x1b[A\x1b[2K", up)
}

func (s *screen) fits(width int) bool {
	for _, w := range s.drawn {
		if w > width {
			return false
		}
	}
	return true
}

// drawable says whether out is a terminal that can be drawn on.
func drawable(out *os.File, name string) bool {
	return name != "dumb" && term.IsTerminal(int(out.Fd())) && enableANSI(out)
}

// terminalSize is that of the window; a usual one where the terminal does not tell, as
// over a serial line.
func terminalSize(out *os.File) (width, height int) {
	width, height, err := term.GetSize(int(out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// reflows says whether a terminal wraps anew what is on it when its window becomes
// narrower. All do that are in wide use but for xterm, rxvt and the console of Linux.
func reflows(env func(string) string) bool {
	name := env("TERM")
	if strings.HasPrefix(name, "tmux") {
		return true
	}
	return env("XTERM_VERSION") == "" && name != "linux" && !strings.HasPrefix(name, "rxvt") && !strings.HasPrefix(name, "screen.")
}
