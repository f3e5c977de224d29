package template_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text        string
		mean        float64
		least, most int // number of draws
	}{
		{"0", 0, 0, 0},
		{"128", 128, 128, 128},
		{" 4 KiB ", 4096, 4096, 4096},
		{"64KB", 64000, 64000, 64000},
		{"1MiB", 1 << 20, 1 << 20, 1 << 20},
		{"uniform(0, 3)", 1.5, 0, 3},
		{"uniform(7,7)", 7, 7, 7},
		{"uniform(100, 2KiB)", 1074, 100, 2048},
		{"normal(1KiB, 100)", 1024, 300, 1750},
		{"normal(1MiB, 0)", 1 << 20, 1 << 20, 1 << 20},
		{"lognormal(1000, 0)", 1000, 1000, 1000},
		{"lognormal(1000, 0.5)", 1000 * math.Exp(0.125), 50, 20_000},
		{"lognormal(1KiB, 10)", math.NaN(), 0, 1 << 20},
		{"exponential(1KiB)", 1024, 0, 30_000},
		{"exponential(1MiB)", (1 << 20) * (1 - 1/math.E), 0, 1 << 20}, // clipped
		{"choice(100: 9, 10KiB: 1)", 1114, 100, 10240},
		{"choice( 5 : 0.5 )", 5, 5, 5},
	} {
		s := size(t, c.text)
		r := rand.NewPCG(3, 4)
		const draws = 200_000
		sum, square := 0.0, 0.0
		for range draws {
			n := s.Draw(r)
			if n < c.least || n > c.most {
				t.Fatalf("%s: drew %d", c.text, n)
			}
			sum, square = sum+float64(n), square+float64(n)*float64(n)
		}
		mean := sum / draws
		// Five standard errors, plus half a byte of rounding.
		if off := 5*math.Sqrt(max(square/draws-mean*mean, 0)/draws) + 0.5; math.Abs(mean-c.mean) > off {
			t.Errorf("%s: mean %.1f, want %.1f within %.1f", c.text, mean, c.mean, off)
		}
	}
	var zero template.Size
	if zero.Draw(nil) != 0 {
		t.Errorf("the zero value is %v", zero)
	}
}

func TestBodyIsAsLongAsDrawn(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"0", "1", "7", "8", "9", "15", "16", "1000"} {
		s := size(t, n)
		f := compile(t, "{{.Body}}", template.Options{Size: s})
		if got := f.Append(nil, values(1)); len(got) != s.Draw(nil) || strings.Trim(string(got), "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%s: %q", n, got)
		}
	}
}

func TestSizeMistakes(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                     "size: found nothing; expected bytes such as 128 or 4KiB, at most 1MiB, or uniform(LEAST, MOST),",
		"-1":                   "expected bytes such as 128",
		"2MiB":                 "at most 1MiB",
		"1kb":                  "did you mean 1KB?",
		"1kib":                 "did you mean 1KiB?",
		"unifrom(1, 2)":        "did you mean uniform?",
		"gauss(1, 2)":          "size: unknown distribution gauss(…); expected uniform(LEAST, MOST), normal(MEAN, DEVIATION),",
		"uniform(1, 2":         "missing ) at the end",
		"uniform(2, 1)":        "expected uniform(LEAST, MOST) such as uniform(100, 2KiB)",
		"uniform(1)":           "expected uniform(",
		"uniform(1, 2, 3)":     "expected uniform(",
		"normal(1, x)":         "expected normal(",
		"lognormal(1, 11)":     "SIGMA from 0 to 10",
		"lognormal(0, 1)":      "expected lognormal(",
		"lognormal(1, NaN)":    "expected lognormal(",
		"exponential(1, 2)":    "expected exponential(MEAN)",
		"exponential()":        "expected exponential(MEAN)",
		"choice()":             "expected choice(SIZE: WEIGHT, …) such as choice(100: 9, 10KiB: 1)",
		"choice(1)":            "expected choice(",
		"choice(1: 0)":         "weights above 0",
		"choice(1: -1)":        "weights above 0",
		"choice(1: NaN, 2: 1)": "weights above 0",
		"choice(1: 1" + strings.Repeat(",1: 1", 64) + ")": "choice: found 65 sizes; expected at most 64",
	} {
		_, err := template.ParseSize(text)
		var bad *template.SyntaxError
		if !errors.As(err, &bad) || !strings.Contains(bad.Message, says) {
			t.Errorf("%q: %v\nwant %s", text, err, says)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, text := range []string{"128", "4KiB", "uniform(100, 2KiB)", "normal(1KiB, 200)", "lognormal(1KiB, 10)", "exponential(1)", "choice(100: 9, 10KiB: 1)"} {
		f.Add(text, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		s, err := template.ParseSize(text)
		if err != nil {
			return
		}
		r := rand.NewPCG(seed, 1)
		for range 100 {
			if n := s.Draw(r); n < 0 || n > 1<<20 {
				t.Fatalf("%s: drew %d", text, n)
			}
		}
	})
}
