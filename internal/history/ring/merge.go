package ring

import (
	"math"
	"time"
)

// Merge puts steps together until there are not more than most points, which is
// at least 2. Points are at multiples of the new step, so that they do not change
// as time goes on; the first and the last can be of fewer.
func (s *Series) Merge(most int) *Series {
	if most = max(most, 2); len(s.Average) <= most {
		return s
	}
	step := seconds(s.Step)
	// The first can be of one step, so the others share the rest.
	factor := int64((len(s.Average) - 1 + most - 2) / (most - 1))
	wide := step * factor
	start := s.Start.Unix()
	begin := floor(start, wide)
	m := &Series{Key: s.Key, Start: time.Unix(begin, 0), Step: time.Duration(wide) * time.Second, Torn: s.Torn}
	for i := 0; i < len(s.Average); {
		end := floor(start+int64(i)*step, wide) + wide
		n := min(int((end-start)/step), len(s.Average))
		m.Average = append(m.Average, mean(s.Average[i:n]))
		if s.Max != nil {
			m.Max = append(m.Max, highest(s.Max[i:n]))
		}
		i = n
	}
	return m
}

// mean is unknown if less than half of the values are known.
func mean(list []float64) float64 {
	var sum sums
	for _, v := range list {
		if !math.IsNaN(v) {
			sum.add(v)
		}
	}
	if 2*sum.known < int64(len(list)) || sum.known == 0 {
		return math.NaN()
	}
	return sum.mean
}

func highest(list []float64) float64 {
	most := math.NaN()
	for _, v := range list {
		if math.IsNaN(most) || v > most {
			most = v
		}
	}
	return most
}
