package record

import "reflect"

// Clean makes a report that came another way than through Decode, such as from
// a file, fit to be printed: without characters that control a terminal, with
// strings and lists of the lengths that a record can have.
func (r *Report) Clean() { cleanStruct(reflect.ValueOf(r).Elem(), reportPlan) }

func cleanStruct(v reflect.Value, p *plan) {
	for i := range p.fields {
		f := &p.fields[i]
		to := v.Field(f.index)
		if f.optional {
			if to.IsNil() {
				continue
			}
			to = to.Elem()
		}
		switch f.kind {
		case kindText:
			to.SetString(cleanText(to.String(), f.max))
		case kindStruct:
			cleanStruct(to, f.of)
		case kindList:
			if most := MaxParts * f.items; to.Len() > most {
				to.Set(to.Slice3(0, most, most))
			}
			for i := range to.Len() {
				cleanStruct(to.Index(i), f.of)
			}
		}
	}
}

// CleanText makes a string of at most n bytes fit to be printed.
func CleanText(s string, n int) string { return cleanText(s, n) }
