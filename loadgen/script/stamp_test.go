package script

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	for _, c := range []struct {
		text string
		unit time.Duration
		want int64
		ok   bool
	}{
		{"1700000000", time.Second, 1700000000e9, true},
		{"1700000000.123456789", time.Second, 1700000000123456789, true},
		{"1700000000.1234567899", time.Second, 1700000000123456789, true},
		{"1700000000123", time.Millisecond, 1700000000123e6, true},
		{"1700000000123.5", time.Millisecond, 1700000000123500000, true},
		{"1700000000123456789", time.Nanosecond, 1700000000123456789, true},
		{"1.7e9", time.Second, 1700000000e9, true},
		{"2023-11-14T22:13:20.5Z", 0, 1700000000500000000, true},
		{"2023-11-14T23:13:20+01:00", 0, 1700000000e9, true},
		{"", time.Second, 0, false},
		{".", time.Second, 0, false},
		{"-5", time.Second, 0, false},
		{"null", time.Second, 0, false},
		{"99999999999999999999", time.Second, 0, false},
		{"1e300", time.Second, 0, false},
		{"NaN", time.Second, 0, false},
		{"yesterday", 0, 0, false},
	} {
		s := Stamp{Unit: c.unit}
		if got, ok := s.parse([]byte(c.text)); ok != c.ok || (ok && got != c.want) {
			t.Errorf("%q in %v: %d, %v; want %d, %v", c.text, c.unit, got, ok, c.want, c.ok)
		}
	}
}

// parseScaled agrees with arbitrary-precision arithmetic.
func FuzzScaled(f *testing.F) {
	f.Add("1700000000.5", int64(time.Second))
	f.Add("0.000000001", int64(time.Second))
	f.Add("9223372036", int64(time.Second))
	f.Fuzz(func(t *testing.T, text string, unit int64) {
		if unit != 1 && unit != 1e3 && unit != 1e6 && unit != 1e9 {
			return
		}
		got, ok := parseScaled([]byte(text), unit)
		if !ok || strings.Trim(text, "0123456789.") != "" {
			return
		}
		want, good := new(big.Rat).SetString(strings.TrimSuffix(text, "."))
		if !good {
			t.Fatalf("%q is not a number but gives %d", text, got)
		}
		want.Mul(want, new(big.Rat).SetInt64(unit))
		if whole := new(big.Int).Quo(want.Num(), want.Denom()); !whole.IsInt64() || whole.Int64() != got {
			t.Errorf("%q × %d = %d, want %v", text, unit, got, whole)
		}
	})
}
