// Which cell is under the pointer.

import * as THREE from "three";
import { Look, type CellPoints } from "./cells";

const NEAR_ENOUGH = 14;

/** The number of the nearest visible cell within some pixels, the frontmost of equally near ones. */
export function pick(points: CellPoints, camera: THREE.Camera, x: number, y: number, width: number, height: number): number | undefined {
  const m = new THREE.Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).elements;
  const { positions } = points;
  let found: number | undefined;
  let best = NEAR_ENOUGH;
  for (let index = 0, at = 0; at < positions.length; index++, at += 3) {
    if (points.lookOf(index) === Look.Hidden) continue;
    const [px, py, pz] = [positions[at]!, positions[at + 1]!, positions[at + 2]!];
    const w = m[3]! * px + m[7]! * py + m[11]! * pz + m[15]!;
    if (w <= 0) continue;
    const sx = (((m[0]! * px + m[4]! * py + m[8]! * pz + m[12]!) / w + 1) / 2) * width;
    const sy = ((1 - (m[1]! * px + m[5]! * py + m[9]! * pz + m[13]!) / w) / 2) * height;
    const depth = (m[2]! * px + m[6]! * py + m[10]! * pz + m[14]!) / w;
    const far = Math.hypot(sx - x, sy - y) + depth;
    if (far < best) {
      best = far;
      found = index;
    }
  }
  return found;
}
