// Package browser records what only a real browser can show: how many event streams it opens at
// once, which clients reconnect after a cut, which bytes reach a page, and which parts of gRPC
// a page can use. It drives Chromium through the DevTools protocol (chromedp). Each function of
// page.js tests one thing and returns its findings; the steps in this package call the
// functions and record the findings without judging them.
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
	timeout = 40 * time.Second // for the whole probe
	// eventInterval is the interval of the servers' event streams (see probe.Servers).
	eventInterval = 100 * time.Millisecond
)

// Probe returns the probe "browser", which runs in the Chromium or Chrome at path, or, if that is empty,
// in the first one that chromedp finds. It fails if Chromium is missing, does not start, exits early or
// takes longer than 40 s. The failure of a single step is an observation.
func Probe(path string) probe.Probe {
	return probe.Probe{
		Name:  "browser",
		About: "Runs a page in a real Chromium that uses each protocol with the reference servers.",
		Do: func(ctx context.Context, s probe.Servers, n *probe.Notes) error {
			return runProbe(ctx, path, s, n)
		},
	}
}

func runProbe(ctx context.Context, path string, servers probe.Servers, n *probe.Notes) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the browser took longer than %v", timeout))
	defer cancel()
	pages, err := startSite(servers.Plain)
	if err != nil {
		return err
	}
	defer pages.close()
	t, err := openTab(ctx, path)
	if err != nil {
		return err
	}
	defer t.close()
	v := &session{servers: servers, notes: n, site: pages, tab: t}
	return v.runAll()
}

// A session is one run of the browser against the servers.
type session struct {
	servers probe.Servers
	notes   *probe.Notes
	site    *site
	tab     *tab
	page    string // its URL
}

// runAll runs the steps of the page over HTTP/1.1, then those over HTTP/2.
func (v *session) runAll() error {
	if err := v.version(); err != nil {
		return err
	}
	for _, secure := range []bool{false, true} {
		if v.page = v.site.plain; secure {
			v.page = v.site.secure
		}
		if err := v.tab.navigate(v.page); err != nil {
			return fmt.Errorf("opening %s in the browser: %w", v.page, err)
		}
		v.notes.Logf("page %s", v.page)
		for _, s := range steps {
			if s.secure != secure {
				continue
			}
			if err := v.runStep(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *session) version() error {
	seen, err := chromedp.CallBrowser(v.tab.ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return fmt.Errorf("reading the browser's version: %w", err)
	}
	_, number, _ := strings.Cut(seen.Product, "/")
	first, _, _ := strings.Cut(number, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		v.notes.Logf("the browser identifies itself as %q, without a version", seen.Product)
		return nil
	}
	v.notes.Value("version/major", float64(major), "", "The browser is %s with user agent %s.", seen.Product, seen.UserAgent)
	return nil
}

// runStep runs a step and records its failure. It returns an error only if the browser has
// ended.
func (v *session) runStep(s step) error {
	ctx, cancel := context.WithTimeout(v.tab.ctx, s.timeout)
	err := s.run(ctx, v)
	cancel()
	if v.tab.ctx.Err() != nil {
		return fmt.Errorf("the browser exited during %s: %w", s.name, context.Cause(v.tab.ctx))
	}
	v.tab.finish()
	v.collectLog()
	if err != nil {
		v.noteFailure(s, err)
	}
	return nil
}

// collectLog copies the lines of the page and of the console into the notes.
func (v *session) collectLog() {
	for _, line := range v.tab.takeLog() {
		v.notes.Logf("%s", line)
	}
}

func (v *session) noteFailure(s step, err error) {
	why := err.Error()
	if thrown := (*chromedp.ExceptionError)(nil); errors.As(err, &thrown) && thrown.Exception != nil {
		why, _, _ = strings.Cut(thrown.Exception.Description, "\n") // without the stack trace
	}
	v.notes.Logf("%s failed: %s", s.name, why)
	for _, fact := range s.facts {
		known := func(o result.Observation) bool { return strings.HasSuffix(o.ID, "/"+fact) }
		if !slices.ContainsFunc(v.notes.Observations(), known) {
			v.notes.Answer(fact, false, "%s failed: %s.", s.name, why)
		}
	}
}
