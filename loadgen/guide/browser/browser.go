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
	longest = 40 * time.Second // everything
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
			return do(ctx, path, s, n)
		},
	}
}

func do(ctx context.Context, path string, servers probe.Servers, n *probe.Notes) error {
	executable, err := Find(path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("the browser took longer than %v", longest))
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
	v := &visit{servers: servers, notes: n, site: pages, tab: t}
	return v.all()
}

// A visit is one browser's look at the servers.
type visit struct {
	servers probe.Servers
	notes   *probe.Notes
	site    *site
	tab     *tab
}

// A step is one thing that is tried in the page.
type step struct {
	name  string
	limit time.Duration
	do    func(*visit, context.Context) error
	// answers are the questions that the step answers. Where it fails, what is still
	// open of them is answered no, with the reason. A figure that could not be taken
	// is not noted: none would be mistaken for 0.
	answers []string
}

// all does the steps: those of the page over HTTP/1.1, then those over HTTP/2.
func (v *visit) all() error {
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
			if err := v.try(s); err != nil {
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

func (v *visit) version() error {
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
	v.notes.Figure("version/major", float64(major), "", "The browser is %s, its user agent %s.", seen.Product, seen.UserAgent)
	return nil
}

// try does a step. Its error is that of the browser, which has gone; that of the step
// is noted.
func (v *visit) try(s step) error {
	ctx, cancel := context.WithTimeout(v.tab.ctx, s.limit)
	err := s.do(v, ctx)
	cancel()
	if v.tab.ctx.Err() != nil {
		return fmt.Errorf("the browser ended during %s: %w", s.name, context.Cause(v.tab.ctx))
	}
	v.tab.finish()
	v.account()
	if err != nil {
		v.failed(s, err)
	}
	return nil
}

// account has the lines of page and console in the notes, as they are.
func (v *visit) account() {
	for _, line := range v.tab.account() {
		v.notes.Logf("%s", line)
	}
}

func (v *visit) failed(s step, err error) {
	why := err.Error()
	if thrown := (*chromedp.ExceptionError)(nil); errors.As(err, &thrown) && thrown.Exception != nil {
		why, _, _ = strings.Cut(thrown.Exception.Description, "\n") // a stack follows
	}
	v.notes.Logf("%s failed: %s", s.name, why)
	for _, fact := range s.answers {
		known := func(o result.Observation) bool { return strings.HasSuffix(o.ID, "/"+fact) }
		if !slices.ContainsFunc(v.notes.Observations(), known) {
			v.notes.Answer(fact, false, "%s failed: %s.", s.name, why)
		}
	}
}
