package template_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rtbench/scenarios/template"
)

func TestUUIDCarriesItsNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number, seed := rapid.Uint64().Draw(t, "number"), rapid.Uint64().Draw(t, "seed")
		text := template.AppendUUID([]byte("x"), number, rand.NewPCG(seed, 0))[1:]
		if len(text) != 36 || text[14] != '8' || !strings.ContainsRune("89ab", rune(text[19])) {
			t.Fatalf("%s is not of version 8, variant 10", text)
		}
		for _, form := range []string{string(text), strings.ToUpper(string(text))} {
			if got, ok := template.ParseUUID([]byte(form)); !ok || got != number {
				t.Fatalf("%s has %d, %v, want %d", form, got, ok, number)
			}
			if got, ok := template.ParseNumber([]byte(form)); !ok || got != number {
				t.Fatalf("%s has %d, %v, want %d", form, got, ok, number)
			}
		}
		// A UUID with one changed digit, except the random ones at the end, is rejected.
		i := rapid.IntRange(0, 28).Draw(t, "digit")
		digit := rapid.SampledFrom([]byte("0123456789abcdef-g")).Draw(t, "becomes")
		if other := text[i]; digit != other {
			text[i] = digit
			if got, ok := template.ParseUUID(text); ok {
				t.Fatalf("%s, changed at %d, has %d", text, i, got)
			}
		}
	})
}

// The 32-bit check rejects a million random UUIDs with these seeds.
func TestForeignUUIDsAreRejected(t *testing.T) {
	t.Parallel()
	r := rand.NewPCG(1, 2)
	var text [36]byte
	for range 1_000_000 {
		putForeign(&text, r)
		if n, ok := template.ParseUUID(text[:]); ok {
			t.Fatalf("%s is taken for that of %d", text, n)
		}
	}
}

func putForeign(text *[36]byte, r *rand.PCG) {
	high, low := r.Uint64(), r.Uint64()
	for i := range text {
		switch i {
		case 8, 13, 18, 23:
			text[i] = '-'
		case 14:
			text[i] = '8'
		case 19:
			text[i] = "89ab"[low&3]
		default:
			text[i] = "0123456789abcdef"[high&15]
			high = high>>4 | low<<60
			low >>= 4
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "7": "7", "007": "7", "18446744073709551615": "18446744073709551615",
		"": "", "-1": "", "+1": "", "1.0": "", "1e3": "", "18446744073709551616": "", "99999999999999999999": "",
		"00000000000000000000001": "", "a": "", "00000000-0000-8000-8000-000000000000": "",
	} {
		n, ok := template.ParseNumber([]byte(text))
		if got := strconv.FormatUint(n, 10); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s, %v", text, got, ok)
		}
	}
}

func FuzzParseUUID(f *testing.F) {
	f.Add([]byte("01234567-89ab-8def-8123-456789abcdef"))
	f.Add(template.AppendUUID(nil, 42, rand.NewPCG(1, 2)))
	f.Add([]byte("18446744073709551615"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, ok := template.ParseUUID(text)
		if m, also := template.ParseNumber(text); ok && (!also || m != n) {
			t.Fatalf("%d as a UUID, %d as a number", n, m)
		}
		if ok {
			// Everything except the random bits is reproducible.
			again := template.AppendUUID(nil, n, rand.NewPCG(1, 2))
			if string(again[:29]) != strings.ToLower(string(text[:29])) {
				t.Fatalf("%s is also %s", text, again)
			}
		}
	})
}
