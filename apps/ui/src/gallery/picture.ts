// A small picture, so that the gallery loads nothing from anywhere.

const base64 =
  "iVBORw0KGgoAAAANSUhEUgAAAPAAAACHCAIAAACnEEO8AAAEkUlEQVR42u3S61KVZRjG8fswOoKmY2j6bGU7K7Od7WxnuyUg" +
  "ICAgICAgIJiamponwNrvNx1Lx9GnaJY1jNPQ8l3v+zzPup7/zO8E/vd92Ync74AMO5HrATLs5VwPkGGvXOgBMhg0tAb96lgP" +
  "kGEnx3qADDs53gVk2GvjXUCGvT7RBWQwaGgN+o2JLiDD3rzYBWQwaGgN+q3JDiDDTk12ABl2aqoDyLC3pzqADHtnugPIYNB4" +
  "4s8/Hg8i9EG/O91B5Aac8lHBttjpS21EK8GUjwqwiEGzZqlN23szbcQmlSkfFU6anZlpIyqpr7kvkDo7M9tGPDJa85NNBxBo" +
  "78+2EY9MBx1CoH0w10YkMl1zn/fGw0G3EAMHa/5n0z4z7cO5FmLgbNB+M+2jyy3Ic7bmPo+lDJpBaw364/kWtDlec5+vWDs7" +
  "34I2L4P2FWtnF5rQ5mfQnmLtk4UmtHkZtK9Y+3SxCW1eBu0rlkEzaK1Bf7bYhDYvg/YVa59faUKbl0H7imXQDFpr0F8sNaDN" +
  "y6B9xdq5pQa0eRm0r1g7t9yANj+D9hRrXy43oM3LoH3F2lcrDchzvGaPpQyaQWsN+uuVBmLgbM1+M+2bq3XEwNmg/WYyaDat" +
  "s+a/B/3tah3xyHTNIQTa+dU64pHpoEMItPNrdUQlqzWHUWffrdURm9TXHE6afb9eR5xSmXJoUYeDriFaQ685uCL7Yb2GyCWY" +
  "crAt9uO1GnBowCkHXsGgIcV+2qgBMiy3UQNkWG6zCsiwC5tVQIaNbVUBGQwaWoMe36oCMmziehWQwaChNeiL2xVAhk1uVwAZ" +
  "NrlTAWTY1E4FkGHTuxVABoOG1qAv7VYAGTZzowzIsOdfOh1VML36g+6b3Str+7eUXuFeeyp7bq+s56lGeoV77b+z98sajnkt" +
  "vZK9dkz25f3y6BrwtfSK9dr/Zs/fLI+WBK+lV6bXBs4ujYQhvztavVHFDthrz1S+cLMUuLR+HHhvJJkJei1B/+LPpWCl++kA" +
  "e+UDh+w1sStk8e9AeoXTUuy1IW9x5VYpKNl93WOvZFRGvZbKRZZulQKR9e8d94rlOOi1NO9yu+idowWQE2qppX6d5dtFj9ws" +
  "gJxgGy2jG63cKXrhZgHkBFtnYpdi0JG/yRzc6+qdojNuFkBOsEXm5mSHVn8pOqDUIpbjpoVBM2gGncja3YIDSi1iOWqDXr9b" +
  "cECpRSxHbtD3Cg4otYjlqA362r2CA0otYjlqg964X3BAqUUsh0EHejK9QSt9x92gN+8XsuOswkGLapfaoLd+zWfB8cszbdGu" +
  "Y9AhPjuGQY/0v9wN+vqDfFo8vjn1lnhK1Qa9/SA/PO8PTrEltl65QT/MDyOQ16ZYFFuv2qB3HuaTCfC1qXTF1qs26N1H+WcV" +
  "+GuHrIutV2/QB4MbodcmboytV23QNx4dDGJEX5ugNLZetUHv/XZwPIHX0uu910LIFnstvR57zUv2/uODPuHX0uul1yI5MSLB" +
  "oKE16OdeeBGQwaDBoAEGDTBogEGDQQMMGmDQAIMGGDQYNMCgAQYNMGiAQYNBAwwaYNBAuv4Cymstj7FW4OcAAAAASUVORK5C" +
  "YII=";

export const picture = `data:image/png;base64,${base64}`;
