/** Drawing by Cornerstone and vtk.js on a graphics card. */
export { createReformatViews } from './reformat-views.ts';
export { createStackView } from './stack-view.ts';
