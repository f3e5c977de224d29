package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	// logTimeout is how long the page may take to hand over its log.
	logTimeout = 2 * time.Second
	// consoleTimeout is how long the console may take to say what failed.
	consoleTimeout = 500 * time.Millisecond
	// closeTimeout is how long the browser may take to end before it is killed.
	closeTimeout = 3 * time.Second
)

// A tab is the page of a browser that was started for it. Its methods belong to one
// goroutine.
type tab struct {
	ctx   context.Context // chromedp's; it ends with the browser
	close func()          // ends the browser, removes its directory and returns then

	mu      sync.Mutex
	console []string      // what is to be accounted for
	updated chan struct{} // has one when there is more of it
}

// openTab starts a browser without a window. It ends with ctx, or by close.
func openTab(ctx context.Context, executable string) (*tab, error) {
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(executable),
		// A fresh directory is chromedp's default, and so is no sandbox for root alone,
		// whom Chromium would refuse.
		chromedp.Flag("headless", "new"),
		chromedp.Flag("no-proxy-server", true),
		chromedp.IgnoreCertErrors, // the servers have made their certificates themselves
	)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	ctx, leave := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		leave()
		end()
		return nil, fmt.Errorf("starting the browser %s: %w", executable, err)
	}
	t := &tab{ctx: ctx, updated: make(chan struct{}, 1)}
	var listening sync.WaitGroup
	messages := chromedp.Console(ctx)
	listening.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			t.write("console: " + strings.TrimSpace(m.String()+" "+m.URL))
		}
	})
	t.close = func() {
		// In order, where there is time: a Chromium that is killed leaves children.
		last, cancel := context.WithTimeout(ctx, closeTimeout)
		_ = chromedp.Cancel(last)
		cancel()
		leave()
		end()
		listening.Wait()
	}
	return t, nil
}

func (t *tab) navigate(url string) error {
	ctx, cancel := context.WithTimeout(t.ctx, 10*time.Second)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func (t *tab) write(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.console = append(t.console, line)
	select {
	case t.updated <- struct{}{}:
	default:
	}
}

// consoleLine is what the console says of a URL, for which it is given a moment; empty
// where that is nothing. A script is told only that something failed.
func (t *tab) consoleLine(url string) string {
	late := time.After(consoleTimeout)
	for {
		t.mu.Lock()
		for _, line := range t.console {
			if strings.Contains(line, url) {
				t.mu.Unlock()
				return line
			}
		}
		t.mu.Unlock()
		select {
		case <-t.updated:
		case <-late:
			return ""
		case <-t.ctx.Done():
			return ""
		}
	}
}

// finish ends what a step left open in the page.
func (t *tab) finish() {
	ctx, cancel := context.WithTimeout(t.ctx, logTimeout)
	defer cancel()
	_, _ = call[any](ctx, "finish") // a page that does not answer has no account either
}

// takeLog returns the lines that page and console have written since the last time.
func (t *tab) takeLog() []string {
	ctx, cancel := context.WithTimeout(t.ctx, logTimeout)
	defer cancel()
	lines, err := call[[]string](ctx, "takeLog")
	if err != nil {
		lines = append(lines, fmt.Sprintf("the page's log was not to be had: %v", err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, t.console = append(lines, t.console...), nil
	return lines
}

// call calls a function of page.js, whose promise it awaits, and decodes what it
// returned. ctx is the tab's, or made from it.
func call[T any](ctx context.Context, function string, args ...any) (T, error) {
	texts := make([]string, len(args))
	for i, a := range args {
		b, err := json.Marshal(a) // JSON is JavaScript
		if err != nil {
			return *new(T), fmt.Errorf("calling %s in the page: %w", function, err)
		}
		texts[i] = string(b)
	}
	expression := function + "(" + strings.Join(texts, ", ") + ")"
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}
