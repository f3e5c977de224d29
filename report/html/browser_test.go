package html

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rtbench/report/metric"
	"rtbench/report/result"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

var stopBrowser = func() {}

// browser starts the browser of all tests. Each tab has a window, so that it is visible and is painted.
var browser = sync.OnceValues(func() (context.Context, error) {
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.WindowSize(1200, 900))...)
	ctx, leave := chromedp.NewContext(ctx)
	stopBrowser = func() {
		_ = chromedp.Cancel(ctx)
		leave()
		end()
	}
	return ctx, chromedp.Do(ctx)
})

// A tab is a page in a real browser. Console output fails the test.
type tab struct {
	testing.TB
	ctx context.Context
}

func openTab(t testing.TB, page []byte) tab {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("file URLs differ on Windows")
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	started, err := browser()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no browser is installed")
	} else if err != nil {
		t.Fatal(err)
	}
	ctx, leave := chromedp.NewContext(started)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute) // of a busy machine
	b := tab{t, ctx}
	b.must(chromedp.Do(ctx))
	console := chromedp.Console(ctx)
	var listening sync.WaitGroup
	listening.Go(func() {
		for m, err := range console {
			if err != nil {
				return
			}
			t.Errorf("console: %s %s", m.String(), m.URL)
		}
	})
	t.Cleanup(func() {
		cancel()
		leave()
		listening.Wait()
	})
	_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.must(err)
	b.must(chromedp.Do(ctx, chromedp.Navigate("file://"+path)))
	return b
}

func (b tab) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// eval evaluates an expression and awaits a promise.
func eval[T any](b tab, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// drawnPixels counts for each chart the pixels inside its axes that are neither empty nor background
// (the grid and the phases around the steady one), and the values outside the axes.
const drawnPixels = `rtbench.drawAll(), new Promise(r => setTimeout(r, 100)).then(() => [...document.querySelectorAll('.chart')].map(e => {
	const { left, top, width, height } = e.plot.bbox;
	const c = document.createElement('canvas').getContext('2d');
	c.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--line');
	c.fillRect(0, 0, 1, 1);
	const grid = c.getImageData(0, 0, 1, 1).data;
	const d = e.plot.ctx.getImageData(left, top, width, height).data;
	let n = 0;
	for (let i = 0; i < d.length; i += 4) {
		if (d[i + 3] > 40 && Math.max(...[0, 1, 2].map(k => Math.abs(d[i + k] - grid[k]))) > 40) n++;
	}
	const y = e.plot.scales.y;
	const outside = e.plot.data.slice(1).flat().filter(v => v != null && (v < y.min || v > y.max)).length;
	return { what: e.getAttribute('aria-label'), pixels: n, outside };
}))`

// hoverCost moves the mouse over each chart and returns the time of a move including its layout, in
// milliseconds: the median, p99 and maximum.
const hoverCost = `(async () => {
	const took = [];
	for (const e of document.querySelectorAll('.chart')) {
		const over = e.querySelector('.u-over');
		e.scrollIntoView({ block: 'center', behavior: 'instant' });
		const box = over.getBoundingClientRect();
		over.dispatchEvent(new MouseEvent('mouseenter', { clientX: box.left + 1, clientY: box.top + 20, bubbles: true }));
		for (let i = 1; i < 20; i++) {
			const from = performance.now();
			over.dispatchEvent(new MouseEvent('mousemove', { clientX: box.left + i * box.width / 20, clientY: box.top + 20, bubbles: true }));
			await null;
			document.body.getBoundingClientRect();
			took.push(performance.now() - from);
		}
	}
	took.sort((a, b) => a - b);
	return [0.5, 0.99, 1].map(p => took[Math.ceil(p * took.length) - 1]);
})()`

func TestInABrowser(t *testing.T) {
	m := madeUp{[]string{"tcp", "websocket", "sse", "sse-h2", "grpc"}, []string{"echo", "push", "upload", "a", "b", "c"}, 5, 10, 400}
	r := m.result(t)
	page := rendered(t, nil, r)
	b := openTab(t, page)
	paint := eval[float64](b, `new Promise(r => new PerformanceObserver(l => r(l.getEntries().at(-1).startTime)).observe({ type: 'paint', buffered: true }))`)
	ready := eval[float64](b, `performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd`)
	t.Logf("5 protocols × 6 cells × 5 repetitions, %d KB: first paint after %.0f ms, ready after %.0f ms", len(page)/1000, paint, ready)
	charts := eval[[]struct {
		What            string
		Pixels, Outside int
	}](b, drawnPixels)
	if want := 6 * (1 + 5 + 7); len(charts) != want {
		t.Errorf("%d charts, want %d", len(charts), want)
	}
	for _, c := range charts {
		if c.Pixels < 100 {
			t.Errorf("%s: only %d pixels are drawn", c.What, c.Pixels)
		}
		if c.Outside > 0 {
			t.Errorf("%s: %d values are outside the axes", c.What, c.Outside)
		}
	}
	cost := eval[[]float64](b, hoverCost)
	t.Logf("%d hovers: p50 %.1f ms, p99 %.1f ms, max %.1f ms", 19*len(charts), cost[0], cost[1], cost[2])
	if legend := eval[string](b, `document.querySelector('.curves .u-legend').textContent`); !strings.Contains(legend, "µs") {
		t.Errorf("legend after a hover: got %q", legend)
	}
}

// rows returns a column of the first table below a selector, as shown on the page.
func (b tab) rows(table string, column int) (texts []string, values []float64) {
	b.Helper()
	for _, row := range eval[[][]string](b, fmt.Sprintf(`[...document.querySelector(%q).tBodies[0].rows].map(r => [r.cells[%d].textContent, r.cells[%d].dataset.v])`, table, column, column)) {
		v, err := strconv.ParseFloat(row[1], 64)
		b.must(err)
		texts, values = append(texts, row[0]), append(values, v)
	}
	return texts, values
}

func TestPageShowsTheResultsValues(t *testing.T) {
	r := small(t)
	b := openTab(t, rendered(t, nil, r))
	for i, f := range metric.In(metric.Compare) {
		texts, _ := b.rows("#comparison table", 2+i)
		for j, c := range r.Cells[:4] {
			want := f.Format(f.Value(metric.Merge(c)))
			if !strings.HasPrefix(strings.TrimSpace(texts[j]), want) {
				t.Errorf("%s of %s: got %q, want %s", f.Label, c.ID, texts[j], want)
			}
		}
	}
	for i, p := range result.Percentiles[:4] {
		texts, _ := b.rows("#percentiles table", 2+i)
		for j, c := range r.Cells[:4] {
			response, _, _ := c.Merged()
			if want := result.Duration(float64(response.Quantile(p))); texts[j] != want {
				t.Errorf("p%g of %s: got %q, want %s", p, c.ID, texts[j], want)
			}
		}
	}
}

func TestTablesSortByKeyboard(t *testing.T) {
	b := openTab(t, rendered(t, nil, small(t)))
	const head = `document.querySelector('#comparison table thead').rows[0].cells[2]`
	eval[any](b, head+`.querySelector('button').focus()`)
	for _, order := range []string{"ascending", "descending"} {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
		if got := eval[string](b, head+`.getAttribute('aria-sort')`); got != order {
			t.Errorf("aria-sort is %s, want %s", got, order)
		}
		_, values := b.rows("#comparison table", 2)
		for i := range values[1:] {
			if (values[i] > values[i+1]) == (order == "ascending") {
				t.Errorf("%s: %v", order, values)
			}
		}
	}
}

func TestVerdictLinksOpenTheEvidence(t *testing.T) {
	_, list := madeUpEvidence(t)
	b := openTab(t, rendered(t, list, small(t)))
	eval[any](b, `document.querySelector('table.guide a').click()`)
	if !eval[bool](b, `new Promise(r => setTimeout(r, 100)).then(() => document.getElementById('claim-direction-sse').open)`) {
		t.Error("the link to a claim does not open it")
	}
	eval[any](b, `document.querySelector('.copy').click()`)
	if got := eval[string](b, `new Promise(r => setTimeout(r, 100)).then(() => document.querySelector('.copy').textContent)`); got != "Copied" && got != "Selected" {
		t.Errorf("button after a click: got %q", got)
	}
}

// Selecting a repetition redraws the charts and updates the tables.
func TestSelectedRepetitionIsShown(t *testing.T) {
	b := openTab(t, rendered(t, nil, small(t)))
	eval[any](b, `rtbench.drawAll()`)
	const curves = `document.querySelector('.curves').plot.data[1][0]`
	before := eval[float64](b, curves)
	eval[any](b, `document.querySelector('.choice input[value=lag]').click()`)
	if after := eval[float64](b, curves); after >= before {
		t.Errorf("the lowest response is %g ns, the lowest lag %g", before, after)
	}
	choose := func(name string) {
		eval[any](b, fmt.Sprintf(`{ const s = document.querySelector('.choices select'); s.value = %q; s.dispatchEvent(new Event('change')); }`, name))
	}
	choose("2")
	if about := eval[string](b, `document.querySelector('.about').textContent`); !strings.HasPrefix(about, "repetition 2: connect 20.0 ms") {
		t.Errorf("description: got %q", about)
	}
	eval[any](b, `document.querySelector('details.late').open = true`)
	rows := eval[int](b, `new Promise(r => setTimeout(r, 100)).then(() => document.querySelectorAll('details.late')[0].querySelectorAll('tbody tr').length)`)
	if rows != 2*4*10 {
		t.Errorf("got %d rows of values, want 80", rows)
	}
}
