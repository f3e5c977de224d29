package result

import "strconv"

// Plural is a number with its noun: 1 cell, 2 cells, 4,000 messages. The plural adds an s.
func Plural[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped is a number with commas: 4,000.
func grouped[N int | int64 | uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0 && n > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
