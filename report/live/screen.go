package live

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A screen draws rows on a terminal and redraws them in place, without an alternate screen. It
// neither reads from the terminal nor changes its modes, so Ctrl-C keeps working. It is not safe
// for concurrent use.
type screen struct {
	out     io.Writer
	size    func() (width, height int)
	colour  bool
	reflows bool  // narrowing the window rewraps its contents
	drawn   []int // widths of the rows on the screen
	last    string
}

// draw writes permanent lines and, below them, rows in place of the previous ones, in a single
// write. It does nothing if nothing changed.
func (s *screen) draw(kept []string, rows []row, width int) {
	block := s.block(rows)
	if len(kept) == 0 && block == s.last && s.fits(width) {
		return
	}
	var b strings.Builder
	// The cursor is hidden and line wrapping disabled only during this write.
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

// block renders the rows.
func (s *screen) block(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text(s.colour) + "\r\n")
	}
	return b.String()
}

// erase returns the sequence that erases the drawn rows, and anything typed since, and moves the
// cursor to their beginning. It erases line by line: a terminal may treat overwritten lines as
// parts of longer ones, and some save the screen to the scrollback when it is cleared at once.
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

// drawable reports whether out is a terminal with cursor control.
func drawable(out *os.File, name string) bool {
	return name != "dumb" && term.IsTerminal(int(out.Fd())) && enableANSI(out)
}

// terminalSize returns the size of the window, or 80 × 24 if unknown, as on a serial line.
func terminalSize(out *os.File) (width, height int) {
	width, height, err := term.GetSize(int(out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// reflows reports whether the terminal rewraps its contents when the window narrows. All widely
// used ones do except xterm, rxvt and the Linux console.
func reflows(env func(string) string) bool {
	name := env("TERM")
	if strings.HasPrefix(name, "tmux") {
		return true
	}
	return env("XTERM_VERSION") == "" && name != "linux" && !strings.HasPrefix(name, "rxvt") && !strings.HasPrefix(name, "screen.")
}
