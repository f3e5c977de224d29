package html

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rtbench/internal/testrun"
)

// axe returns the script of axe-core, which .ci/thirdparty installs. Without it the test is skipped, or
// fails if RTBENCH_THIRDPARTY is "require".
func axe(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err == nil {
		var script []byte
		if script, err = os.ReadFile(filepath.Join(cache, "rtbench-thirdparty", "node_modules", "axe-core", "axe.min.js")); err == nil {
			return string(script)
		}
	}
	if os.Getenv("RTBENCH_THIRDPARTY") == "require" {
		t.Fatalf("%v; run .ci/thirdparty to install axe-core", err)
	}
	t.Skipf("%v; run .ci/thirdparty to install axe-core", err)
	return ""
}

// settled waits until the charts that are shown have the size of their elements. The browser does not
// observe the size of charts in closed details.
const settled = `new Promise(done => {
	const waits = e => e.plot && e.checkVisibility() && e.plot.width !== Math.max(200, e.clientWidth);
	const look = () => [...document.querySelectorAll('.chart')].some(waits) ? requestAnimationFrame(look) : done(true);
	requestAnimationFrame(() => requestAnimationFrame(look));
})`

// show sets the size of the window and the colour scheme, and waits for the layout.
func (b tab) show(width, height int64, scheme string) {
	b.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.must(err)
	eval[bool](b, settled)
}

// States of a page: as it opens, but with all charts drawn, and then with all details open.
const (
	drawn  = `rtbench.drawAll()`
	expand = `document.querySelectorAll('details').forEach(d => { d.open = true; }), ` + settled
)

// sample leaves the first of many loads, rows and charts, which are alike: axe-core is slow.
const sample = `document.querySelectorAll('tr:nth-child(n+4), .group ~ .group ~ .group, .grid > div:nth-child(n+3)').forEach(e => e.remove())`

// violations checks a page against the rules of WCAG 2.2, levels A and AA.
const violations = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then(
	found => found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary)))`

func TestAccessibility(t *testing.T) {
	testrun.OnlyWithAll(t)
	script := axe(t)
	pages := pagesOfEachKind(t, 2)
	delete(pages, "3 results") // made of the same parts as others
	for kind, page := range pages {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, page)
			for _, step := range []string{sample, drawn, expand, script + ";0"} {
				eval[any](b, step)
			}
			for _, look := range []struct {
				width, height int64
				scheme        string
			}{{1400, 900, "light"}, {400, 800, "dark"}} {
				b.show(look.width, look.height, look.scheme)
				if list := eval[[]string](b, violations); len(list) > 0 {
					t.Errorf("%s, %d px: %d violations, for example\n%s", look.scheme, look.width, len(list), strings.Join(list[:min(4, len(list))], "\n"))
				}
			}
		})
	}
}
