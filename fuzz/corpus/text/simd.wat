(module
  (memory i64 1 2)
  (memory $second 1)
  (func (export "run") (param v128 i64) (result v128)
    (v128.store8_lane $second offset=1 align=1 3 (i32.const 5) (local.get 0))
    (i8x16.shuffle 0 1 2 3 4 5 6 7 31 30 29 28 27 26 25 24
      (v128.load64_splat offset=0x1_0000 align=8 (local.get 1))
      (f32x4.relaxed_madd (local.get 0) (v128.const f64x2 -inf 0x1.8p+3) (v128.const i16x8 -1 2 0xffff 0 1 2 3 4)))))
