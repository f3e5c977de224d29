package servermetrics

import (
	"math"
	"testing"

	"rtbench/loadgen/scrape"
	"rtbench/scenarios"
)

// Whatever a server exports, a track has finite values, or none with a reason.
func FuzzTrack(f *testing.F) {
	f.Add("# TYPE m counter\nm 1\n", "# TYPE m counter\nm 2\n")
	f.Add("m NaN\n", "m +Inf\n")
	f.Add("# TYPE m histogram\nm_bucket{le=\"1\"} 1\nm_bucket{le=\"+Inf\"} 2\nm_sum 3\nm_count 2\n", "# TYPE m histogram\nm_bucket{le=\"NaN\"} 5\nm_sum 1e308\nm_count 9\n")
	f.Add("# TYPE m summary\nm_sum 1e308\nm_count 1\n", "# TYPE m summary\nm_sum -1e308\nm_count 3\n")
	f.Add("# TYPE m histogram\nm_bucket{le=\"1\"} 0\nm_sum 0\nm_count 0\n", "m 1\n")
	f.Add("m 1\n", "# TYPE m histogram\nm_bucket{le=\"1\"} 0\nm_sum 0\nm_count 0\n")
	f.Add("m{a=\"1\"} 1e308\nm{a=\"2\"} 1e308\n", "m 1\n")
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, kind := range []string{"", "counter"} {
			tr := &track{Series: scenarios.Series{Name: "x", Selector: scenarios.Selector{Metric: "m"}, Type: kind, Percentile: 99}}
			for i, text := range []string{first, second} {
				families, err := scrape.ParseText(text)
				if err != nil {
					return
				}
				tr.add(&scrape.Page{At: int64(i+1) * 1e9, Families: families})
			}
			s := tr.result()
			if len(s.Values) == 0 && s.Problem == "" {
				t.Errorf("neither values nor a reason: %+v", s)
			}
			for _, v := range s.Values {
				if math.IsNaN(float64(v.Value)) || math.IsInf(float64(v.Value), 0) {
					t.Errorf("%s is %v: %+v", v.Name, float64(v.Value), s)
				}
			}
		}
	})
}
