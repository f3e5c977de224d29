package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"

	"rtbench/loadgen/guide/probe"
)

const (
	// logTimeout bounds fetching the page's log.
	logTimeout = 2 * time.Second
	// consoleTimeout bounds the wait for an error on the console.
	consoleTimeout = 500 * time.Millisecond
	// closeTimeout is how long the browser may take to exit before it is killed.
	closeTimeout = 3 * time.Second
)

// A tab is the page of a browser started for it. It is not safe for concurrent use.
type tab struct {
	ctx   context.Context // chromedp's; ends with the browser
	close func()          // ends the browser and removes its directory

	mu      sync.Mutex
	console []string      // lines not yet taken
	updated chan struct{} // receives a value when console grows
}

const installHint = "install it (Debian: apt-get install chromium; macOS: brew install --cask chromium) or set --browser FILE"

// openTab starts the headless browser at path, or one that is installed if path is empty. It ends with
// ctx or by close. If there is none, the error is a probe.ErrMissing that tells how to get one.
func openTab(ctx context.Context, path string) (*tab, error) {
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		// chromedp uses a fresh directory by default, and disables the sandbox only for root,
		// since Chromium refuses to run as root with it.
		chromedp.Flag("headless", "new"),
		chromedp.Flag("no-proxy-server", true),
		chromedp.IgnoreCertErrors, // the servers use self-signed certificates
	)
	if path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return nil, probe.ErrMissing{Reason: fmt.Sprintf("cannot run the browser %s: %v; %s", path, err, installHint)}
		}
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	ctx, leave := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		leave()
		end()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, probe.ErrMissing{Reason: "Chromium not found; " + installHint}
		}
		return nil, fmt.Errorf("starting the browser %s: %w", path, err)
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
		// Shut down in order if there is time: a killed Chromium leaves child processes.
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

// consoleLine waits a moment for a console line about a URL and returns it, or "" if there is
// none. The console gives the cause of a failure; scripts learn only that there was one.
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

// finish closes everything that a step left open in the page.
func (t *tab) finish() {
	ctx, cancel := context.WithTimeout(t.ctx, logTimeout)
	defer cancel()
	_, _ = call[any](ctx, "finish") // takeLog reports a page that does not respond
}

// takeLog returns the lines that the page and the console have written since the last call.
func (t *tab) takeLog() []string {
	ctx, cancel := context.WithTimeout(t.ctx, logTimeout)
	defer cancel()
	lines, err := call[[]string](ctx, "takeLog")
	if err != nil {
		lines = append(lines, fmt.Sprintf("the page's log is not available: %v", err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, t.console = append(lines, t.console...), nil
	return lines
}

// call calls a function of page.js, awaits its promise and decodes the result. ctx must derive
// from the tab's.
func call[T any](ctx context.Context, function string, args ...any) (T, error) {
	list, err := json.Marshal(append([]any{}, args...)) // JSON is valid JavaScript
	if err != nil {
		return *new(T), fmt.Errorf("calling %s in the page: %w", function, err)
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf("%s(...%s)", function, list), chromedp.EvalAwaitPromise))
}
