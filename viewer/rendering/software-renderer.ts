/** Names under which WebGL is computed by the processor: SwiftShader in Chromium, llvmpipe and softpipe in Mesa, WARP in Windows. */
const softwareRasterizer = /swiftshader|llvmpipe|softpipe|software|microsoft basic render/i;

/** Whether WebGL of this kind would be slower than the processor drawing slices by itself. */
export function isSoftware(unmaskedRenderer: string): boolean {
  return softwareRasterizer.test(unmaskedRenderer);
}
