package html

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"rtbench/internal/testrun"
	"rtbench/report/result"
)

// faults lists what is wrong with the layout of the page as shown: overlapping texts, cut off values, content
// beside the window, and links to nothing.
const faults = `(() => {
	const wrong = [], width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) wrong.push('the page scrolls sideways: ' + document.documentElement.scrollWidth + ' px');
	const name = e => e.tagName + '.' + e.className + ' “' + e.textContent.trim().slice(0, 40) + '”';
	const shown = [...document.querySelectorAll('h1, h2, h3, h4, p, nav a, .card, .card dt, .card dd, li, figcaption, .chart, .wide, pre, summary, .parts, .facts')]
		.filter(e => e.checkVisibility() && !e.closest('.wide table') && e.getBoundingClientRect().height > 0);
	const boxes = shown.map(e => e.getBoundingClientRect());
	shown.forEach((e, i) => {
		const a = boxes[i];
		if (a.left < -1 || a.right > width + 1) wrong.push(name(e) + ' is beside the window: ' + a.left + ' to ' + a.right);
		for (let j = i + 1; j < shown.length; j++) {
			const b = boxes[j];
			const covers = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
			if (covers && !e.contains(shown[j]) && !shown[j].contains(e)) wrong.push(name(e) + ' overlaps ' + name(shown[j]));
		}
	});
	for (const e of document.querySelectorAll('.card, .card dl div')) {
		if (e.scrollWidth > e.clientWidth) wrong.push(name(e) + ' is cut off');
	}
	for (const a of document.querySelectorAll('nav a')) {
		if (!document.querySelector(a.hash)?.textContent.trim()) wrong.push(name(a) + ' leads to nothing');
	}
	for (const row of document.querySelectorAll('.compare tbody tr, .values tr:has(b)')) {
		const value = [...row.cells].slice(1).find(c => c.checkVisibility() && c.classList.value !== 'word');
		if (row.checkVisibility() && value.querySelector('b').getBoundingClientRect().right > width) wrong.push('the deciding column is not visible: ' + name(row));
	}
	return wrong;
})()`

// boxes returns where each visible text is.
const boxes = `(() => {
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [], range = document.createRange();
	for (let n; (n = walk.nextNode());) {
		if (!n.data.trim() || !n.parentElement.checkVisibility() || n.parentElement.closest('script, .u-legend')) continue;
		range.selectNodeContents(n);
		const r = range.getBoundingClientRect();
		out.push([n.data.trim(), Math.round(r.left), Math.round(r.top), Math.round(r.width), Math.round(r.height)].join(' '));
	}
	return out.join('\n');
})()`

// Every page has the same layout in light and dark, without overlaps and without scrolling sideways; on a
// phone the deciding column is visible.
func TestLayout(t *testing.T) {
	testrun.OnlyWithAll(t)
	for kind, page := range pagesOfEachKind(t, 6) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, page)
			for _, state := range []string{drawn, expand} {
				eval[any](b, state)
				for _, width := range []int64{1400, 900, 400} {
					b.show(width, 900, "light")
					if list := eval[[]string](b, faults); len(list) > 0 {
						t.Errorf("%d px, %.16s: %d faults:\n%s", width, state, len(list), strings.Join(list[:min(5, len(list))], "\n"))
					}
				}
			}
			light := eval[string](b, boxes)
			b.show(400, 900, "dark")
			if d := cmp.Diff(light, eval[string](b, boxes)); d != "" {
				t.Errorf("the layout differs between light and dark:\n%s", d)
			}
		})
	}
}

// The first screen has the answer, the values by card or chart, the thresholds and the line of trust.
func TestFirstScreen(t *testing.T) {
	one := madeUp{[]string{"tcp", "websocket"}, []string{"echo"}, 1, 10, 100}.result(t)
	for kind, c := range map[string]struct {
		r    *result.Result
		want map[string]int
	}{
		"suite":          {madeUpSuite(t), map[string]int{".lead": 2, ".card": 8, ".trustline": 1, ".thresholds li": 1}},
		"one repetition": {one, map[string]int{".lead": 1, ".card": 2, ".trustline": 1}},
		"rates":          {madeUpRates(t, 10), map[string]int{".lead": 1, "svg.load": 1, ".trustline": 1}},
	} {
		b := openTab(t, rendered(t, nil, c.r))
		b.show(1400, 900, "light")
		for selector, want := range c.want {
			bottoms := eval[[]float64](b, `[...document.querySelectorAll('`+selector+`')].map(e => e.getBoundingClientRect().bottom)`)
			if len(bottoms) != want || slices.Max(bottoms) > 900 {
				t.Errorf("%s: %s ends at %v px, want %d on a screen of 900", kind, selector, bottoms, want)
			}
		}
	}
}

// focusable counts what the keyboard must reach: a group of radio buttons once.
const focusable = `(() => {
	const all = [...document.querySelectorAll('a[href], button, summary, select, input:not([type=radio]), input:checked, [tabindex="0"]')];
	return all.filter(e => e.checkVisibility() && !e.disabled).length;
})()`

// focused describes the focused element and whether its focus is visible.
const focused = `(() => {
	const e = document.activeElement;
	if (e === document.body) return ['', ''];
	if (!e.dataset.at) e.dataset.at = String(document.querySelectorAll('[data-at]').length + 1);
	const s = getComputedStyle(e), box = e.getBoundingClientRect();
	const visible = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 && box.width > 0 && box.left >= 0;
	return [e.dataset.at, visible ? '' : e.outerHTML.slice(0, 120)];
})()`

// The keyboard reaches every control with visible focus, and opens details.
func TestKeyboard(t *testing.T) {
	b := openTab(t, rendered(t, nil, small(t)))
	eval[any](b, drawn)
	eval[any](b, expand)
	want, reached := eval[int](b, focusable), map[string]bool{}
	for range 2 * want {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
		at := eval[[]string](b, focused)
		if at[0] == "" || reached[at[0]] {
			break
		}
		if reached[at[0]] = true; at[1] != "" {
			t.Errorf("the focus is not visible on %s", at[1])
		}
	}
	if len(reached) != want {
		t.Errorf("Tab reaches %d of %d controls", len(reached), want)
	}
	const details = `document.querySelector('#reproduce details')`
	eval[any](b, details+`.open = false, `+details+`.querySelector('summary').focus()`)
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
	if !eval[bool](b, details+`.open`) {
		t.Error("Enter does not open details")
	}
}
