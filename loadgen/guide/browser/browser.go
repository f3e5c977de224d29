// Package browser asks what only a real browser can answer: how many event streams it
// opens at once, who comes back by itself after a connection broke, which bytes a
// page receives, what of gRPC a page can use. It drives Chromium by its DevTools
// protocol (chromedp). The functions of page.js do one thing each and return what the
// page saw; the steps here call them and note it, whatever it was.
package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"rtbench/loadgen/guide/probe"
	"rtbench/report/result"
)

const (
	timeout = 40 * time.Second // everything
	// eventInterval is the time between two events of the servers (probe.Servers).
	eventInterval = 100 * time.Millisecond
)

// Probe is the probe "browser", in the Chromium that Find finds. An error is returned
// where there is none, where it does not start or ends before it should, and after
// 40 s; a single thing that fails is an observation.
func Probe(path string) probe.Probe {
	return probe.Probe{
		Name:  "browser",
		About: "A page in a real Chromium speaks each protocol with the reference servers and says what it saw.",
		Do: func(ctx context.Context, s probe.Servers, n *probe.Notes) error {
			return runProbe(ctx, path, s, n)
		},
	}
}

func runProbe(ctx context.Context, path string, servers probe.Servers, n *probe.Notes) error {
	executable, err := Find(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the browser took longer than %v", timeout))
	defer cancel()
	pages, err := startSite(servers.Plain)
	if err != nil {
		return err
	}
	defer pages.close()
	t, err := openTab(ctx, executable)
	if err != nil {
		return err
	}
	defer t.close()
	v := &session{servers: servers, notes: n, site: pages, tab: t}
	return v.runAll()
}

// A session is one browser's look at the servers.
type session struct {
	servers probe.Servers
	notes   *probe.Notes
	site    *site
	tab     *tab
}

// A step is one thing that is tried in the page.
type step struct {
	name    string
	timeout time.Duration
	run     func(*session, context.Context) error
	// facts are the questions that the step answers. Where it fails, what is still
	// open of them is answered no, with the reason. A figure that could not be taken
	// is not noted: none would be mistaken for 0.
	facts []string
}

// runAll does the steps: those of the page over HTTP/1.1, then those over HTTP/2.
func (v *session) runAll() error {
	if err := v.version(); err != nil {
		return err
	}
	for _, page := range []struct {
		url   string
		steps []step
	}{{v.site.plain, plainSteps}, {v.site.secure, secureSteps}} {
		if err := v.tab.navigate(page.url); err != nil {
			return fmt.Errorf("opening %s in the browser: %w", page.url, err)
		}
		v.notes.Logf("page %s", page.url)
		for _, s := range page.steps {
			if err := v.runStep(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainSteps are done by the page that came over HTTP/1.1 in cleartext.
var plainSteps = slices.Concat(socketSteps, plainSourceSteps, plainLimitSteps, reconnectSteps, plainGRPCSteps)

// secureSteps are done by the page that came over HTTP/2 with TLS.
var secureSteps = slices.Concat(secureSourceSteps, secureLimitSteps, secureGRPCSteps)

func (v *session) version() error {
	seen, err := chromedp.CallBrowser(v.tab.ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return fmt.Errorf("asking the browser its version: %w", err)
	}
	_, number, _ := strings.Cut(seen.Product, "/")
	first, _, _ := strings.Cut(number, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		v.notes.Logf("the browser calls itself %q, which has no version", seen.Product)
		return nil
	}
	v.notes.Value("version/major", float64(major), "", "The browser is %s, its user agent %s.", seen.Product, seen.UserAgent)
	return nil
}

// runStep does a step. Its error is that of the browser, which has gone; that of the step
// is noted.
func (v *session) runStep(s step) error {
	ctx, cancel := context.WithTimeout(v.tab.ctx, s.timeout)
	err := s.run(v, ctx)
	cancel()
	if v.tab.ctx.Err() != nil {
		return fmt.Errorf("the browser ended during %s: %w", s.name, context.Cause(v.tab.ctx))
	}
	v.tab.finish()
	v.collectLog()
	if err != nil {
		v.noteFailure(s, err)
	}
	return nil
}

// collectLog has the lines of page and console in the notes, as they are.
func (v *session) collectLog() {
	for _, line := range v.tab.takeLog() {
		v.notes.Logf("%s", line)
	}
}

func (v *session) noteFailure(s step, err error) {
	why := err.Error()
	if thrown := (*chromedp.ExceptionError)(nil); errors.As(err, &thrown) && thrown.Exception != nil {
		why, _, _ = strings.Cut(thrown.Exception.Description, "\n") // a stack follows
	}
	v.notes.Logf("%s failed: %s", s.name, why)
	for _, fact := range s.facts {
		known := func(o result.Observation) bool { return strings.HasSuffix(o.ID, "/"+fact) }
		if !slices.ContainsFunc(v.notes.Observations(), known) {
			v.notes.Answer(fact, false, "%s failed: %s.", s.name, why)
		}
	}
}
