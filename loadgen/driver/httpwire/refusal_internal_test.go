package httpwire

import (
	"net/http"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Now().UTC()
	for value, want := range map[string]time.Duration{
		"":                     0,
		"0":                    0,
		"7":                    7 * time.Second,
		"-7":                   0,
		"1.5":                  0,
		"soon":                 0,
		"3601":                 maxRetryAfter,
		"99999999999":          maxRetryAfter,
		"99999999999999999999": maxRetryAfter,
		now.Add(-time.Minute).Format(http.TimeFormat):   0,
		now.Add(48 * time.Hour).Format(http.TimeFormat): maxRetryAfter,
	} {
		if got := parseRetryAfter(value); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
