package record

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write what comes out as what is expected")

// newDictionary makes dictionary.bin anew, for a new dictionaryNumber. What
// comes last is cheapest to refer to: words first, then payloads.
var newDictionary = flag.Bool("dictionary", false, "write dictionary.bin")

// dictionarySum is that of the dictionary that all versions so far use.
const dictionarySum = "3afbb1c811ff242c407245b637f4b2421b4fedc9f9e9e38092d84fd5860fbc46"

// TestDictionaryStays holds that a host understands those who are not updated
// yet.
func TestDictionaryStays(t *testing.T) {
	if *newDictionary {
		if err := os.WriteFile("dictionary.bin", makeDictionary(t), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("a new dictionary was written: give it a new number and sum, and keep the old one for reading")
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(dictionary)); sum != dictionarySum {
		t.Errorf("dictionary.bin has the sum %s, and is not that of number %d any more", sum, dictionaryNumber)
	}
}

func makeDictionary(t *testing.T) []byte {
	words, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.ReplaceAll(words, []byte("\n"), nil)
	for seed := range uint64(6) {
		b = append(b, appendReport(nil, sampleReport(1000+seed, ordinary))...)
	}
	return b
}
